# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The rules of instructions about real things: those of the drawn tabletop, seen by a camera.

A template may use {one} ('a red car', 'someone'), {the} ('the red car', 'someone'), {many} ('red
cars'), {other} ('a dog'), {at} ('on the left'), {to} ('to the left'), {n} and {least} (numbers).
"""

from __future__ import annotations

from streamo_ros.worlds.grammar_rules import RULES

_SHARED = (
    'tell',
    'tell_of',
    'polite',
    'ask',
    'when',
    'watch',
    'eye',
    'done',
    'update',
    'further',
    'updating',
    'please',
    'plain_span',
    'span',
    'give',
    'plain_between',
    'between',
    'once',
)
_OWN = {
    'scene': '[the [picture|view|scene|image|frame|camera view|video|room]|your view]',
    'in': '[in the [picture|view|scene|image|frame|video|room]|in view|in sight'
    '|in front of [you|the camera]|before the camera|in your view|here|there|outside|around'
    '|in the [kitchen|office|hallway|garden|street|yard|shop|house|garage|bedroom]]',
    'at': '[<in>|]',
    'any': '[{one}|{one}|{one}|{one}|any {bare}|another {bare}|a new {bare}]',
    'some': '[{one}|{one}|{one}|any {many}|any {bare}|some {many}|{many}]',
    'this': '[{the}|{the}|{the}|{one}|that {bare}|this {bare}|my {bare}|our {bare}]',
    'appears': '[[appears|arrives|shows up|turns up|pops up|has arrived|has appeared|comes up'
    '|has shown up|can be seen|becomes visible|is visible|is seen] <at>'
    '|is <in>|comes in|enters|has come in|has entered|comes along|is coming|is coming in'
    '|comes into [<scene>|view|sight]|[enters|joins|has entered] <scene>'
    '|moves into [<scene>|view]|walks in|drives in'
    '|gets [into view|here]|is [new|added|placed|put|set down] <in>|comes by|passes by]',
    'appear': '[[appear|arrive|show up|turn up|pop up|become visible] <at>|come in|enter'
    '|come into [<scene>|view]|enter <scene>|come by]',
    'leaves': '[leaves|goes away|disappears|is gone|has left|has gone|goes off|goes out|vanishes'
    '|departs|exits|moves out|has disappeared|has vanished|is leaving|goes missing'
    '|is no longer [there|<in>|present]|is not [there|<in>] [anymore|any more]'
    '|is missing|[leaves|exits|has left|quits] <scene>|has gone away|is away|walks out|walks away'
    '|drives off|drives away|[goes|moves|gets|is] out of [<scene>|sight|view]'
    '|is [removed|gone|taken] from <scene>|can [no longer|not] be seen [anymore|]|is taken away]',
    'leave': '[leave|go away|disappear|go off|go out|vanish|depart|exit|move out'
    '|leave <scene>|exit <scene>|go out of [sight|view|<scene>]]',
    'returns': '[comes back|returns|is back|has come back|has returned|is back <in>|comes in again'
    '|appears again|shows up again|is there again|reappears|comes back into [view|<scene>]'
    '|is visible again|gets back|turns up again|is <in> again|arrives again]',
    'return': '[come back|return|be back|appear again|show up again'
    '|come back into [view|<scene>]]',
    'more': '[more than {n}|over {n}|at least {least}|{least} or more|more than {n}]',
    'nears': '[is very near|is very close|is close to [the camera|you]|is near [the camera|you]'
    '|gets very [close|near]|comes very [close|near]|is right in front of [the camera|you]'
    '|fills <scene>|is very big <in>|is too close|is close|is near]',
    'closer': '[comes closer|comes nearer|gets closer|gets nearer|approaches|approaches you'
    '|comes toward [you|the camera]|moves closer|moves toward [you|the camera]|walks up to you'
    '|is coming closer|is approaching|comes closer to [you|the camera]|has come closer'
    '|gets bigger|becomes larger]',
    'goes': '[moves|goes|comes|gets|walks|is moved|shifts|has moved|has gone|is now|changes]',
}
OBJECT_RULES: dict[str, str] = {**{name: RULES[name] for name in _SHARED}, **_OWN}
SIDE_PHRASES: dict[str, tuple[str, ...]] = {
    'left': ('left', 'left side', 'left half', 'left part', 'left edge'),
    'right': ('right', 'right side', 'right half', 'right part', 'right edge'),
    'top': ('top', 'top half', 'upper half', 'upper part', 'upper side'),
    'bottom': ('bottom', 'bottom half', 'lower half', 'lower part', 'lower side'),
    'middle': ('middle', 'center', 'central part', 'middle part'),
}
"""What people call the sides of a picture."""
