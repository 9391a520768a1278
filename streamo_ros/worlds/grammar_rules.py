# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The grammar rules that the templates of all families share.

Every expansion of a template must mean its own family's task and no other. In templates of
'recolour' no word may contain the name of a shape ('start', 'during'): whether a text names a
shape decides what it asks for.
"""

from __future__ import annotations

RULES: dict[str, str] = {
    'tell': '[tell me|tell me|let me know|say|notify me|warn me|ping me|alert me|inform me'
    '|give me a [sign|signal|shout|call|warning|hint|heads up]'
    '|send me a [message|note]|report'
    '|call out|speak up|announce it|message me|signal|say so|say something|shout]',
    'tell_of': '[tell me|let me know|notify me|warn me|ping me|alert me|inform me|message me'
    '|send me a [message|note]]',
    'polite': '[please|could you [please|]|can you|would you|will you|would you please'
    '|I want you to|I need you to|I would like you to|you should|you must|make sure to'
    '|be ready to|do not forget to|your task is to|your job is to|just]',
    'ask': '[<tell>|<polite> <tell>|I [want|need|would like] to know|I must know]',
    'when': '[when|when|once|as soon as|the moment|the instant|whenever|right when|just when'
    '|at the moment when|every time|each time|if|immediately when|directly when|after]',
    'watch': '[watch for|watch out for|look out for|look for|wait for|keep an eye out for'
    '|be on the lookout for|keep watching for|keep looking for|stay alert for]',
    'eye': '[watch|keep an eye on|look at|observe|monitor|keep watching|follow|track|check'
    '|pay attention to|keep looking at]',
    'scene': '[the [table|desk|picture|view|scene|image|frame|camera view|video]|your view]',
    'in': '[on the [table|desk]|in the [picture|view|scene|image|frame|video]|in view|in sight'
    '|in front of [you|the camera]|before the camera|in your view|here|there]',
    'at': '[<in>|]',
    'colour_word': '[colour|colour|color]',
    'things': '[things|objects|items|pieces|toys]',
    'one': '[{a} {c} {s}|{a} {c} {s}|any {c} {s}|some {c} {s}|the {c} {s}'
    '|a {s} that is {c}|a {s} which is {c}|one {c} {s}]',
    'it': '[the {c} {s}|the {c} {s}|the {c} {s}|that {c} {s}|this {c} {s}|the {s} that is {c}'
    '|the {s} which is {c}|a {c} {s}|any {c} {s}|our {c} {s}]',
    'done': '[when it [does|happens|has happened]|when that happens|as soon as it does'
    '|once it [does|has]|when you see it|at once|immediately|right away]',
    'then': '[, then <tell>| and <tell>| and then <tell>|]',
    'appears': '[[appears|arrives|shows up|turns up|pops up|has arrived|has appeared|comes up'
    '|has shown up|has turned up|can be seen|becomes visible|is visible] <at>'
    '|is <in>|comes in|enters|has come in|has entered|comes along|is coming in'
    '|comes [onto|to] the [table|desk]|comes into [<scene>|view|sight]'
    '|[enters|joins|reaches|has entered] <scene>|moves into [<scene>|view]'
    '|gets [onto the table|into view|here]|is [new|added|placed|put|set down] <in>]',
    'appear': '[[appear|arrive|show up|turn up|pop up|become visible] <at>|come in|enter'
    '|come onto the table|come into [<scene>|view]|[enter|reach] <scene>]',
    'appeared': '[[appeared|arrived|shown up|turned up] <at>|come in|entered|come into view]',
    'leaves': '[leaves|goes away|disappears|is gone|has left|has gone|goes off|goes out|vanishes'
    '|departs|exits|moves out|has disappeared|has vanished|is leaving|goes missing'
    '|is no longer [there|<in>|present]|is not [there|<in>] [anymore|any more]'
    '|is missing|[leaves|exits|has left|quits] <scene>|has gone away|is away'
    '|[goes|comes|is] off the [table|desk]|[goes|moves|gets|is] out of'
    ' [<scene>|sight|view]|is [removed|gone] from <scene>'
    '|can [no longer|not] be seen [anymore|]|is taken [from|off] <scene>]',
    'leave': '[leave|go away|disappear|go off|go out|vanish|depart|exit|move out'
    '|[leave|exit] <scene>|go off the table|go out of [sight|view|<scene>]]',
    'left': '[left|gone|disappeared|gone away|vanished|left <scene>|gone out of [sight|view]]',
    'something': '[something|something|anything|any [object|thing|item]|an [object|item]|a thing'
    '|one of the <things>|any of the <things>|some [object|thing]|the {s}|the {s}'
    '|the {s}|a {s}|any {s}|that {s}|the {s}]',
    'recolours': '[changes <colour_word>|changes its <colour_word>|switches <colour_word>'
    '|[gets|has|takes on|takes|shows] [a new|another|a different] <colour_word>'
    '|[turns|becomes] [another|a different|a new] <colour_word>'
    '|has changed [its|] <colour_word>'
    '|is [painted|recoloured]|switches to [another|a new] <colour_word>'
    '|does not have the same <colour_word> [anymore|any more|as before]'
    '|no longer has the same <colour_word>|alters its <colour_word>'
    '|swaps <colour_word>|turns into another <colour_word>]',
    'agent': '[the [gripper|robot|arm|robot arm|hand|claw]|somebody|someone]',
    'by': '[by <agent>|]',
    'moved': '[[is|has been|gets|was] [moved|carried|shifted|displaced|relocated|transported] <by>'
    '|is [put|placed|set|taken|brought] [somewhere else|elsewhere|to another place] <by>'
    '|changes [its|] [place|position|location]|is in a [new|different] [place|position]'
    '|has a new [place|position]|is moved to [another|a new|a different] [place|spot]'
    '|is [picked up|lifted|grabbed] and [moved|carried|put elsewhere] <by>'
    '|ends up [somewhere else|elsewhere]]',
    'moves': '[[moves|has moved|carries|has carried|shifts|relocates|has shifted] <it>'
    '|[puts|places|takes|brings] <it> [somewhere else|elsewhere|to another place]'
    '|[picks up|grabs] and moves <it>|changes the [place|position] of <it>]',
    'wall': '[the wall|the wall|the wall|the brick wall|the bricks|a wall]',
    'touches': '[touches|hits|reaches|meets|bumps into|gets to|runs into|makes contact with'
    '|arrives at|is at|is against|comes into contact with|comes up against|strikes'
    '|contacts|collides with|has [touched|reached|hit]|knocks against|is touching'
    '|is in contact with|is pushed against|rests against|lies against|leans against]',
    'touch': '[touch|hit|reach|meet|bump into|get to|run into|make contact with|come to'
    '|be at|come into contact with|collide with|strike|arrive at]',
    'update': '[update me|keep me [updated|informed|posted|up to date|in the loop]'
    '|report [changes|any change]'
    '|[tell me|say it|report it|answer] again when [it|that|the answer] changes'
    '|tell me [when|whenever] [it|that|the answer] changes|[tell|inform] me of changes'
    '|keep [the answer|it|this] up to date|update the answer [when it changes|]'
    '|repeat it when it changes|let me know [about|of] [changes|any change|every change]'
    '|keep [updating|telling|informing] me|tell me again if it changes'
    '|then again [whenever|each time] it changes|always keep me informed'
    '|say it again when it is new|send me updates|give me updates]',
    'further': '[, [and|then|and then] [each|every|any] change|, and <update>|, with updates'
    '|, and [again|once more|say it again] [when|whenever|each time|every time|if]'
    ' [it|that] [changes|has changed|is different|is not the same]]',
    'updating': '[, <update>|. <update>| and <update>|, always| at all times| all the time'
    '| continuously| from now on| and every change| whenever it changes|<further>|]',
    'please': '[, please|]',
    'plain_span': '[time span|interval|time interval|exact interval|period of time|time range'
    '|time window|timestamps|seconds|exact seconds|first and last second|time frame'
    '|period]',
    'span': '[<plain_span>|<plain_span>|start and end|beginning and end|start time and end time]',
    'give': '[give|give me|tell me|name|state|report|say|write|I want|I need|I would like'
    '|please give me|could you give me|can you tell me|show me|answer with|note|find]',
    'plain_between': '[from when to when|between which seconds|at which seconds'
    '|in which [interval|time span|seconds]|from which second to which second'
    '|at what seconds|between what times|in what interval]',
    'between': '[<plain_between>|<plain_between>|during which seconds|over what time span]',
    'once': '[once|only once|just once|one time|one time only|a single time]',
    'display': '[display|panel|screen|readout|number display|digital display|indicator|gauge]',
    'reading': '[number|number|value|reading|digits|figure|numbers|digit]',
    'shown': '[shown|displayed|that is displayed|that is shown|shown there|you see|that you see'
    '|you can see|you can read|that you can read|that is there'
    '|[on|shown on|of] the <display>]',
    'new_one': '[, [and|then|and then] [each|every|any] new [one|<reading>]'
    '|, and [tell me|say|read|report] [each|every|any] new [one|<reading>]]',
    'event': '[event|thing that happens|happening|action|incident|occurrence]',
    'happens': '[happens|is happening|goes on|is going on|takes place|occurs|is taking place'
    '|is occurring]',
}
