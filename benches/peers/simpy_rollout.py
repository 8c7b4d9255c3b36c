"""The peer of benches/simulate.rs: the same rules in SimPy, for the same service.

100 tasks behind an application load balancer with its defaults, minimum and maximum healthy percent
50/150, room for 50 more. Prints events per second and the time to 1 % error of the p95 of
"completed" at 95 % confidence.

    pip install simpy
    python benches/peers/simpy_rollout.py
"""

import math
import random
import time

import simpy

DESIRED, LOWER, UPPER, ROOM = 100, 50, 150, 50
INTERVAL, HEALTHY, UNHEALTHY, DRAIN = 30.0, 5, 2, 300.0
STOP_TIMEOUT = 30.0
RUNS = 100


def lognormal(rng, mean, cv):
    variance = math.log(1.0 + cv * cv)
    return rng.lognormvariate(math.log(mean) - variance / 2.0, math.sqrt(variance))


class Rollout:
    def __init__(self, rng):
        self.rng = rng
        self.env = simpy.Environment()
        self.old, self.new, self.starting, self.stopping = DESIRED, 0, 0, 0
        self.to_start, self.places = DESIRED, ROOM
        self.events = 0
        self.done = self.env.event()

    def run(self):
        self.env.process(self.request())
        self.env.run(until=self.done)
        return self.env.now + self.reaction()

    def reaction(self):
        return lognormal(self.rng, 20.0, 0.4)

    def wait(self, seconds):
        self.events += 1
        return self.env.timeout(seconds)

    def request(self):
        yield self.wait(self.reaction())
        while self.stop_one():
            pass
        while self.start_one():
            pass

    def stop_one(self):
        if self.old == 0 or self.old + self.new <= LOWER:
            return False
        self.old -= 1
        self.stopping += 1
        self.env.process(self.stop())
        return True

    def start_one(self):
        tasks = self.old + self.new + self.starting + self.stopping
        if self.to_start == 0 or tasks >= UPPER or self.places == 0:
            return False
        self.to_start -= 1
        self.places -= 1
        self.starting += 1
        self.env.process(self.start())
        return True

    def start(self):
        yield self.wait(lognormal(self.rng, 45.0, 0.2))
        yield self.wait(self.verdict())
        self.starting -= 1
        self.new += 1
        self.check()
        yield self.wait(self.reaction())
        self.stop_one()

    def stop(self):
        yield self.wait(DRAIN + min(lognormal(self.rng, 5.0, 0.5), STOP_TIMEOUT))
        self.stopping -= 1
        self.places += 1
        self.check()
        yield self.wait(self.reaction())
        self.start_one()

    def verdict(self):
        ready = lognormal(self.rng, 75.0, 0.2)
        check = INTERVAL * (1.0 - self.rng.random())
        failed = 0
        while check < ready:
            failed += 1
            check += INTERVAL
        return check if failed < UNHEALTHY else check + (HEALTHY - 1) * INTERVAL

    def check(self):
        if self.new == DESIRED and self.old + self.stopping == 0 and not self.done.triggered:
            self.done.succeed()


def main():
    rng = random.Random(1)
    completed, events = [], 0
    began = time.process_time()
    for _ in range(RUNS):
        rollout = Rollout(rng)
        completed.append(rollout.run())
        events += rollout.events
    seconds = time.process_time() - began
    completed.sort()
    mean = sum(completed) / RUNS
    deviation = math.sqrt(sum((x - mean) ** 2 for x in completed) / (RUNS - 1))
    print(f"{RUNS} runs, {events} events: {seconds:.2f} s, {events / seconds / 1e6:.3f} million events a second")
    print(f"completed: mean {mean:.1f} ± {1.96 * deviation / math.sqrt(RUNS):.1f} s, "
          f"p95 {completed[math.ceil(RUNS * 0.95) - 1]:.1f} s")
    print(f"{seconds / RUNS * 1e3:.2f} ms a run; times the runs to 1 % error of the p95 that "
          "`cargo bench --bench simulate` prints, the time to it")


if __name__ == "__main__":
    main()
