# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The grammar rules of everyday speech, on top of those of `grammar_rules`.

People are the ones who bring, take and move; requests are short and often lack a verb of telling.
What `grammar_rules` says about the meaning of templates and the names of shapes holds here, too.
The tokenizer is built without these rules, so new words here are spelled in pieces.
"""

from __future__ import annotations

EVERYDAY_RULES: dict[str, str] = {
    'quick': '[lmk|lmk|lemme know|tell me|tell me|let me know|say so|ping me|buzz me|shout|holler'
    '|yell|give a shout|speak up|sing out|warn me|call me|pls tell me|pls let me know|please'
    ' say so'
    '|pls yell|text me|msg me|I want to hear it|I want to know|I should know|notify me|wake me'
    '|raise the alarm|report it|say it|inform me|drop me a line|tip me off|give me a nudge'
    '|heads up please|pls warn me|pls ping me]',
    'if': '[when|when|once|if|if|as soon as|the moment|the minute|in case|whenever|the very moment'
    '|in the event that|at the moment that|just as]',
    'pls': '[pls|plz|please|please now|thx]',
    'rn': '[rn|now|right now|atm|at the moment|currently]',
    'who': '[someone|someone|somebody|somebody|anyone|anybody|a person|some guy|a man|a woman'
    '|a kid'
    '|he|she|my brother|one of them|the operator|a visitor|a stranger|the robot|the arm]',
    'people': '[they|people|the others|the kids|you guys|two of them|those people]',
    'mine': '[the {c} {s}|the {c} {s}|the {c} {s}|my {c} {s}|our {c} {s}|that {c} {s}|this {c} {s}'
    '|{c} {s}]',
    'some': '[{a} {c} {s}|{a} {c} {s}|{a} {c} {s}|the {c} {s}|another {c} {s}|some {c} {s}|my'
    ' {c} {s}]',
    'so': '[if so|then|right away|if that is so|once it is so|at that point]',
    'hush': '[say nothing|keep quiet|stay silent|do not speak|I need no word from you|no news'
    ' is fine]',
    'guess': '[I think|I bet|I guess|I am afraid|I have a feeling that|they say]',
    'soon': '[soon|any minute now|in a bit|at some point|later on]',
    'word': '[word|news|a word|a shout|an alert|an alarm|one line|a quick note|a beep]',
    'takes': '[takes|steals|steals|grabs|swipes|snatches|nabs|removes|pinches|takes away'
    '|carries off|makes off with|walks away with|runs off with|gets rid of|clears away|nicks'
    '|pockets|takes home|is taking|is stealing|goes off with]',
    'take': '[take|steal|steal|grab|swipe|snatch|nab|remove|pinch|take away|carry off|make off'
    ' with'
    '|walk away with|run off with|get rid of|clear away|nick|take home]',
    'taken': '[taken|stolen|grabbed|swiped|snatched|removed|taken away|carried off|cleared away'
    '|nicked]',
    'brings': '[brings|delivers|puts down|drops off|carries in|sets down|adds|brings in|brings'
    ' along'
    '|hands over|lays down|returns|brings back|is bringing|comes with|turns up with]',
    'bring': '[bring|deliver|put down|drop off|carry in|set down|add|bring in|bring along|hand'
    ' over'
    '|lay down|return|bring back|come with]',
    'paints': '[paints|repaints|dyes|recolors|changes the color of|changes the colour of'
    '|gives another color to|swaps the color of|puts new paint on]',
    'shifts': '[moves|shifts|pushes|shoves|drags|slides|nudges|relocates|carries|pulls|displaces'
    '|lifts and moves|is moving|has moved|repositions|rearranges]',
    'shift': '[move|shift|push|shove|drag|slide|nudge|relocate|carry|pull|displace|reposition]',
    'shifted': '[moved|shifted|pushed|shoved|dragged|nudged|relocated|carried|displaced]',
    'away': '[around|away|elsewhere|over there|a bit|to the side|to another spot|off to one side]',
    'presses': '[pushes|shoves|moves|puts|carries|slides|presses|sets|drives|brings]',
    'press': '[push|shove|move|put|carry|slide|press|set|drive|bring]',
    'pressed': '[pushed|shoved|put|carried|slid|pressed|set|driven|brought]',
    'against': '[against|up to|up against|right to|onto|close against]',
    'bricks': '[the wall|the wall|the wall|that wall|the bricks|the brick wall]',
    'bangs': '[hits|touches|knocks against|gets to|rams|bangs against|reaches|smacks into|brushes'
    '|crashes against|lands at|is up against|has got to|has hit]',
    'colouring': '[color|color|colour]',
    'whatever': '[something|anything|one of them|one of these|any of them|a thing|an item|the {s}'
    '|the {s}|the {s}|my {s}|that {s}|a {s}]',
    'posted': '[keep me posted|update me|updates pls|updates please|and then any change'
    '|again if it changes|again when it changes|lmk of changes|lmk if it changes|lmk when it'
    ' changes'
    '|tell me if it changes|tell me again then|from now on|always|at all times|stay on it'
    '|and let me know when it changes|say so if it changes|and then every change|and if it changes'
    '|keep me in the know|and again after each change|keep going|and pls update|live updates pls'
    '|and tell me whenever it is not so anymore|and say when it is different]',
    'lmk': '[lmk|lemme know|pls tell me|pls say|plz say|pls let me know|just say|tell me]',
    'single': '[once|just once|only once|one time only|once is enough|once will do|no updates'
    '|no need to repeat it|a single time|say it once|not again later|and that is it]',
    'screen': '[display|screen|panel|readout|counter up there|indicator]',
}
