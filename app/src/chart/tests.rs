//! What is drawn, as snapshots, and what must hold of every drawing.

use super::*;

/// 2026-11-23T14:00Z.
const FROM: i64 = 1_795_442_400_000_000;
const MINUTE: i64 = 60_000_000;

fn some(values: &[i64]) -> Vec<Option<i64>> {
    values.iter().map(|value| (*value >= 0).then_some(*value)).collect()
}

fn shown(drawing: &Drawing, unit: Unit) -> String {
    let y: Vec<_> = drawing.y.iter().map(|(at, value)| format!("{} {}", at.percent(), unit.short(*value))).collect();
    let x: Vec<_> =
        drawing.x.iter().map(|(at, time)| format!("{} {}", at.percent(), crate::clock::field(*time))).collect();
    let gaps: Vec<_> = drawing.gaps.iter().map(|(at, wide)| format!("{} +{}", at.percent(), wide.percent())).collect();
    format!(
        "{}\n{}\ny: {}\nx: {}\ngaps: {}",
        drawing.lines,
        drawing.paths.join("\n"),
        y.join(", "),
        x.join(", "),
        gaps.join(", ")
    )
}

#[test]
fn lines_break_where_nothing_is_known() {
    let grid = Grid { from_us: FROM, step_us: MINUTE, slots: 8 };
    let median = some(&[120_000, 130_000, -1, -1, 90_000, -1, 410_000, 388_000]);
    let slow = some(&[520_000, 700_000, -1, -1, 190_000, -1, 1_410_000, 1_200_000]);
    let drawing = draw(grid, Unit::Duration, Look::Lines, &[&median, &slow]);
    insta::assert_snapshot!(shown(&drawing, Unit::Duration));
}

#[test]
fn bars_stand_on_each_other() {
    let grid = Grid { from_us: FROM - 6 * 60 * MINUTE, step_us: 60 * MINUTE, slots: 6 };
    let fine = some(&[10, 20, 30, 0, 1_000, 40]);
    let failed = some(&[0, 1, 0, 0, 200, 0]);
    let drawing = draw(grid, Unit::Count, Look::Bars, &[&fine, &failed]);
    insta::assert_snapshot!(shown(&drawing, Unit::Count));
}

#[test]
fn nothing_at_all_still_has_its_axes() {
    let grid = Grid { from_us: FROM, step_us: 24 * 60 * MINUTE, slots: 30 };
    let nothing = vec![None; 30];
    insta::assert_snapshot!(shown(&draw(grid, Unit::Money, Look::Lines, &[&nothing]), Unit::Money));
    let empty = draw(Grid { from_us: 0, step_us: 0, slots: 0 }, Unit::Count, Look::Bars, &[]);
    assert_eq!((empty.paths.len(), empty.top), (0, 4));
}

#[test]
fn ticks_are_round_and_few_whatever_is_highest() {
    for unit in [Unit::Count, Unit::Duration, Unit::Money] {
        let mut highest = 0_i64;
        while highest < i64::MAX / 20 {
            let (top, ticks) = scale::ticks(highest, unit);
            assert!(top >= highest && (2..=5).contains(&ticks.len()), "{highest}: {ticks:?}");
            assert_eq!((ticks.first(), ticks.last()), (Some(&0), Some(&top)));
            highest = highest * 3 + 7;
        }
    }
}

#[test]
fn the_smallest_are_added_up_and_nothing_is_lost() {
    let series = |n: i64| (format!("m{n}"), some(&[n, -1, 2 * n]));
    let folded = fold((1..=9).map(series).collect(), Vec::new(), "other");
    let names: Vec<_> = folded.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["m9", "m8", "m7", "m6", "m5", "other"]);
    assert_eq!(folded.last().unwrap().1, some(&[1 + 2 + 3 + 4, -1, 2 * (1 + 2 + 3 + 4)]));
    assert_eq!(fold((1..=6).map(series).collect(), Vec::new(), "other").len(), 6, "a sixth alone needs no other name");
    let with_rest = fold((1..=2).map(series).collect(), vec![Some(7)], "other");
    assert_eq!(with_rest.len(), 3, "what is no series is another");
    assert_eq!(with_rest[2], ("other".to_owned(), vec![Some(7)]));
}
