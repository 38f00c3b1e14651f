from ferlite.faces.spares import Spares


def test_users_at_the_same_time_have_one_each_and_later_ones_take_those_that_are_back():
    made = []

    def make() -> int:
        made.append(len(made))
        return made[-1]

    spares = Spares(make)
    for _ in range(3):
        with spares.one() as first, spares.one() as second:
            assert {first, second} == {0, 1}
    assert made == [0, 1]


def test_one_comes_back_also_from_who_fails():
    spares = Spares(object)
    seen = []
    for _ in range(2):
        try:
            with spares.one() as thing:
                seen.append(thing)
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass
    assert seen[0] is seen[1]
