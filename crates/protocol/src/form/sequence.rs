//! Brings a stream's pieces into blocks one after the other.
//!
//! Text and reasoning end where something else begins. Calls may be filled several at a time (Chat numbers them); the one
//! begun first is passed on as it comes, the pieces of later ones wait until it ends.

use super::piece::{Begin, Piece, Slot, Step};
use std::collections::VecDeque;

/// The order of one stream.
#[derive(Debug, Default)]
pub(crate) struct Sequence {
    /// The block that is passed on.
    open: Option<Open>,
    /// Blocks begun after it, whose pieces wait.
    waiting: VecDeque<Waiting>,
    /// The answer has told why it ended.
    stopped: bool,
}

#[derive(Debug)]
struct Open {
    slot: Slot,
    /// Only its own end, or the answer's, ends it.
    lasts: bool,
}

#[derive(Debug)]
struct Waiting {
    slot: Slot,
    begin: Begin,
    pieces: Vec<Piece>,
    ended: bool,
}

impl Sequence {
    /// Takes a piece and hands on the steps that are due. Pieces of a slot that never began, or has ended, say nothing.
    pub fn push(&mut self, piece: Piece, steps: &mut Vec<Step>) {
        if self.stopped {
            return;
        }
        match piece {
            Piece::Begin(slot, begin) => self.begin(slot, begin, steps),
            Piece::End(slot) => self.end(slot, steps),
            Piece::Stop(stop) => {
                self.close_all(steps);
                self.stopped = true;
                steps.push(Step::Stop(stop));
            }
            Piece::Text(slot, _) | Piece::Arguments(slot, _) | Piece::Sign(slot, _) => self.fill(slot, piece, steps),
        }
    }

    fn begin(&mut self, slot: Slot, begin: Begin, steps: &mut Vec<Step>) {
        match &self.open {
            Some(open) if open.lasts => {
                self.waiting.push_back(Waiting { slot, begin, pieces: Vec::new(), ended: false });
                return;
            }
            Some(_) => steps.push(Step::End),
            None => {}
        }
        self.pass(slot, begin, steps);
    }

    fn pass(&mut self, slot: Slot, begin: Begin, steps: &mut Vec<Step>) {
        let whole = matches!(begin, Begin::Opaque(_));
        let lasts = matches!(begin, Begin::ToolUse { .. });
        steps.push(Step::Begin(begin));
        if whole {
            steps.push(Step::End);
            self.open = None;
        } else {
            self.open = Some(Open { slot, lasts });
        }
    }

    fn fill(&mut self, slot: Slot, piece: Piece, steps: &mut Vec<Step>) {
        if self.open.as_ref().is_some_and(|open| open.slot == slot) {
            steps.extend(step(piece));
        } else if let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.slot == slot) {
            waiting.pieces.push(piece);
        }
    }

    fn end(&mut self, slot: Slot, steps: &mut Vec<Step>) {
        if let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.slot == slot) {
            waiting.ended = true;
        } else if self.open.as_ref().is_some_and(|open| open.slot == slot) {
            steps.push(Step::End);
            self.open = None;
            self.pass_waiting(steps);
        }
    }

    /// Passes on what waited, up to the first block that is not complete yet.
    fn pass_waiting(&mut self, steps: &mut Vec<Step>) {
        while self.open.is_none()
            && let Some(next) = self.waiting.pop_front()
        {
            self.pass(next.slot, next.begin, steps);
            steps.extend(next.pieces.into_iter().filter_map(step));
            if next.ended && self.open.take().is_some() {
                steps.push(Step::End);
            }
        }
    }

    fn close_all(&mut self, steps: &mut Vec<Step>) {
        for waiting in &mut self.waiting {
            waiting.ended = true;
        }
        if self.open.take().is_some() {
            steps.push(Step::End);
        }
        self.pass_waiting(steps);
    }
}

fn step(piece: Piece) -> Option<Step> {
    match piece {
        Piece::Text(_, text) => Some(Step::Text(text)),
        Piece::Arguments(_, json) => Some(Step::Arguments(json)),
        Piece::Sign(_, signature) => Some(Step::Sign(signature)),
        Piece::Begin(..) | Piece::End(_) | Piece::Stop(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::answer::Stop;

    fn call(name: &str) -> Begin {
        Begin::ToolUse { id: format!("id_{name}"), name: name.into(), custom: false, signature: None }
    }

    fn run(pieces: Vec<Piece>) -> Vec<Step> {
        let (mut sequence, mut steps) = (Sequence::default(), Vec::new());
        for piece in pieces {
            sequence.push(piece, &mut steps);
        }
        steps
    }

    fn text(slot: Slot, text: &str) -> Piece {
        Piece::Text(slot, text.into())
    }

    fn arguments(slot: Slot, json: &str) -> Piece {
        Piece::Arguments(slot, json.into())
    }

    #[test]
    fn text_ends_where_a_call_begins_and_calls_filled_together_come_one_after_the_other() {
        let steps = run(vec![
            Piece::Begin(0, Begin::Text),
            text(0, "a"),
            Piece::Begin(1, call("x")),
            arguments(1, "{"),
            Piece::Begin(2, call("y")),
            arguments(2, "["),
            arguments(1, "}"),
            arguments(2, "]"),
            Piece::Stop(Stop::ToolUse),
        ]);
        let arguments = |json: &str| Step::Arguments(json.into());
        assert_eq!(
            steps,
            [
                Step::Begin(Begin::Text),
                Step::Text("a".into()),
                Step::End,
                Step::Begin(call("x")),
                arguments("{"),
                arguments("}"),
                Step::End,
                Step::Begin(call("y")),
                arguments("["),
                arguments("]"),
                Step::End,
                Step::Stop(Stop::ToolUse),
            ]
        );
    }

    #[test]
    fn an_end_lets_the_next_block_through_at_once() {
        let steps = run(vec![
            Piece::Begin(0, call("x")),
            Piece::Begin(1, call("y")),
            arguments(1, "1"),
            Piece::End(0),
            arguments(1, "2"),
        ]);
        assert_eq!(steps.last(), Some(&Step::Arguments("2".into())));
        assert_eq!(steps.len(), 5);
    }

    #[test]
    fn what_comes_after_the_end_or_for_no_block_says_nothing() {
        assert_eq!(run(vec![text(7, "x"), Piece::End(7)]), []);
        assert_eq!(run(vec![Piece::Stop(Stop::End), text(0, "x"), Piece::Stop(Stop::End)]), [Step::Stop(Stop::End)]);
    }
}
