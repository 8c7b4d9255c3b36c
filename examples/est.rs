//! x
fn main(){ let t=std::fs::read_to_string(std::env::args().nth(1).unwrap()).unwrap();
 use prescale::scenario::read::*;
 match scenario(&t, Syntax::Toml, Purpose::MonthlyFigures) { Err(p)=> for p in p { println!("{p}"); },
 Ok(s)=> println!("{}", serde_json::to_string_pretty(&prescale::model::estimate(&s).unwrap()).unwrap()) } }
