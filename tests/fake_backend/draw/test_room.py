"""The draw as people and other rooms meet it."""

from fake_backend.draw.commitment import MARGIN


def test_a_day_is_frozen_committed_drawn_and_published(days, run):
    async def story():
        async with days() as day:
            await day.published(30)

            kinds = [kind for kind in ("draw_frozen", "draw_committed", "drawn", "draw_published") if await day.events(kind)]
            frozen = [row for row in await day.events("draw_frozen") if row[0] == "2022-04-01.r1"]
            drawn = [row for row in await day.events("drawn") if row[0] == "2022-04-01.r1"]

            assert kinds == ["draw_frozen", "draw_committed", "drawn", "draw_published"]
            assert frozen[0][4] == 30
            assert drawn[0][4] == 6

    run(story())
