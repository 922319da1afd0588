"""What the scripted model does: reads a file; reads its neighbour and runs a command, both at once; writes a file; answers.

The words that it writes and says stand only in what the tools answered, so they are right only if every result came through.
"""

import base64
import re
from dataclasses import dataclass, field

from speech import Turn

# Text that has broken parsers of streams, of JSON and of shells.
AWKWARD = 'data: [DONE]\nevent: error "quoted" \\n </tool> \u00fc \u2028 \U0001f6a7 \'$HOME\' {"a": [1]}'


@dataclass
class Script:
    agent: object
    work: object
    signs: bool
    word: str
    neighbour: str
    made: list = field(default_factory=list)
    signatures: list = field(default_factory=list)

    def __call__(self, heard):
        """The number of the turn, and the turn; no number for what an agent asks beside the conversation."""
        if self.agent.tool not in heard.tools:
            return None, Turn(text="{}")
        self.check(heard)
        results = [text for _, text in heard.results]
        turn = {0: self.first, 1: self.second, 3: self.third, 4: self.last}[len(results)](results, heard.free)
        number = {0: 1, 1: 2, 3: 3, 4: 4}[len(results)]
        # An agent that asks again what it asked before gets the same.
        self.made[len(results):] = turn.calls
        self.signatures[number - 1:] = [turn.signature] if turn.signature else []
        return number, turn

    def check(self, heard):
        """What came back is what was said, call for call and signature for signature."""
        told = [(call.name, call.arguments) for call in heard.calls]
        assert told == [(call.name, call.arguments) for call in self.made[:len(told)]], f"calls changed: {told}"
        assert len(heard.results) == len(heard.calls), "a call without its result"
        assert [id for id, _ in heard.results] == [call.id for call in heard.calls], "results of other calls"
        if self.signs and heard.calls:
            turns = {1: 1, 3: 2, 4: 3}[len(heard.calls)]
            assert heard.signatures == self.signatures[:turns], f"signatures changed: {heard.signatures}"

    def turn(self, number, text, *calls):
        signature = base64.b64encode(f"signed by the model, turn {number}".encode()).decode() if self.signs else ""
        return Turn(text=text, thought=f"Step {number}, then.", signature=signature, calls=list(calls))

    def first(self, results, free):
        return self.turn(1, "I read it.", self.agent.read("call_a", self.work / "word.txt", free))

    def second(self, results, free):
        assert self.word in results[0], results
        line = f"echo {re.search('W-[0-9a-f]+', results[0])[0]} | rev"
        neighbour = self.agent.read("call_b", self.work / "neighbour.txt", free)
        return self.turn(2, "And both of these.", neighbour, self.agent.shell("call_c", line, free))

    def third(self, results, free):
        found = re.search("N-[0-9a-f]+", results[1])[0]
        assert self.word[::-1] in results[2], results
        return self.turn(3, "", self.agent.write("call_d", self.work / "copy.txt", f"{found}\n{AWKWARD}\n", free))

    def last(self, results, free):
        return self.turn(4, f"The word is {re.search('W-[0-9a-f]+', results[0])[0]}.")
