from rushproof.engine.wheel import Wheel


class Sleeper:
    def __init__(self, name, woken):
        self.name, self.woken = name, woken

    def wake(self):
        self.woken.append(self.name)


def never():
    return False


def test_nobody_is_woken_before_the_time_and_everybody_in_order():
    woken, wheel = [], Wheel(10.0)
    for name, until in (("late", 10.5), ("soon", 10.002), ("past", 9.0)):
        wheel.sleep(until, Sleeper(name, woken))

    wheel.turn(10.0015, never)
    assert woken == ["past"]

    wheel.turn(10.0031, never)
    assert woken == ["past", "soon"]

    wheel.turn(11.0, never)
    assert woken == ["past", "soon", "late"]
    assert list(wheel) == []


def test_a_turn_that_has_spent_its_time_leaves_the_rest_for_the_next():
    woken, wheel = [], Wheel(0.0)
    for number in range(200):
        wheel.sleep(0.001, Sleeper(number, woken))

    wheel.turn(1.0, lambda: True)
    assert woken == list(range(64))

    wheel.turn(1.0, never)
    assert woken == list(range(200))


def test_who_goes_back_to_sleep_while_the_wheel_turns_is_woken_later_and_not_lost():
    woken, wheel = [], Wheel(0.0)

    class Restless(Sleeper):
        def wake(self):
            super().wake()
            if len(woken) < 3:
                wheel.sleep(0.0, self)

    wheel.sleep(0.005, Restless("again", woken))
    for millisecond in range(20):
        wheel.turn(millisecond / 1000, never)

    assert woken == ["again"] * 3


def test_a_long_quiet_stretch_costs_one_step():
    wheel = Wheel(0.0)
    wheel.turn(1e9, never)
    woken = []
    wheel.sleep(1e9 + 0.5, Sleeper("after", woken))
    wheel.turn(1e9 + 1, never)
    assert woken == ["after"]
