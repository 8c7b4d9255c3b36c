use prescale::model::law::*; use prescale::scenario::*; use prescale::units::Seconds;
fn main(){
 let r = Law::of(DurationLaw::lognormal(Seconds(75.),0.2), 2.0);
 println!("ready {} {}", r.mean(), r.len());
 let u = Law::uniform(30.,2.0); println!("u {} {:?}", u.mean(), u.support());
 let f = r.plus(&u); println!("first {} {:?}", f.mean(), f.support());
 let g = Law::from_points(f.points().flat_map(|(t,m)| [(t, 0.0),(t+120., m)]), 2.0);
 println!("g {} {:?}", g.mean(), g.support());
 for (x,m) in g.points().take(30) { println!("{x} {m}"); }
}
