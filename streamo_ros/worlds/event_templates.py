# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Templates of instructions that wait for events, written with the rules of `grammar_rules`.

'{a} {c} {s}' stands for article, color and shape. A template of 'recolour' never begins with
'{s}'.
"""

from __future__ import annotations

EVENT_TEMPLATES: dict[str, tuple[str, ...]] = {
    'appear': (
        '<ask> <when> <one> <appears>',
        '<ask> <when> <one> <appears>',
        '<ask> <when> you [see|spot|notice|find|detect] <one> <at>',
        '<when> <one> <appears>, <ask>',
        '<when> you [see|spot|notice|detect] <one> <at>, <ask>',
        '<watch> <one> [to <appear>|<at>] [<then>|and <tell> <done>]',
        '<watch> the arrival of <one> <then>',
        'wait until <one> <appears> <then>',
        'wait for <one> to <appear> <then>',
        '[has|have you seen that] <one> <appeared> [yet|already|]? <tell> [<done>|]',
        '<eye> <scene> and <tell> <when> <one> <appears>',
        '[I am|we are] [waiting for|expecting] <one>, <ask> <when> [it <appears>|you see it]',
        '[should|in case] <one> <appear>, <ask>',
        '[<polite>|] <tell_of> [about|of] the [arrival|appearance] of <one>',
        '[<polite>|] [notify|warn|alert|inform] me about <one> [coming in|entering|appearing]',
        '<one>: <tell> <when> [it <appears>|you see it]',
        '<one> [will|should] [<appear>|be <in>], <ask> <when> it [does|is here|<appears>]',
        '[<polite>|] [tell me|say|report] [that|when] <one> [has come in|has arrived|is here]',
    ),
    'leave': (
        '<ask> <when> <it> <leaves>',
        '<ask> <when> <it> <leaves>',
        '<ask> <when> you [no longer see|can no longer see|do not see] <it> [anymore|]',
        '<when> <it> <leaves>, <ask>',
        '<watch> <it> to <leave> [<then>|and <tell> <done>]',
        '<watch> the [departure|disappearance] of <it> <then>',
        'wait until <it> <leaves> <then>',
        '[has|is] <it> <left> [yet|already|]? <tell> [<done>|]',
        '<eye> <it> and <tell> <when> it <leaves>',
        '<eye> <scene> and <tell> <when> <it> <leaves>',
        '[should|in case] <it> <leave>, <ask>',
        '[<polite>|] <tell_of> [about|of] the [departure|disappearance] of <it>',
        '[<polite>|] [notify|warn|alert|inform] me about <it> [leaving|going away|disappearing]',
        '<it>: <tell> <when> it <leaves>',
        '<it> will <leave>, <ask> <when> it [does|is gone|<leaves>]',
        '<ask> <when> there is no {c} {s} <at> [anymore|any more|]',
    ),
    'recolour': (
        '<ask> <when> <something> <recolours>',
        '<ask> <when> <something> <recolours>',
        '<ask> <when> the <colour_word> of <something> [changes|is new|has changed|is different]',
        '<when> <something> <recolours>, <ask>',
        '<when> the <colour_word> of <something> [changes|has changed], <ask>',
        (
            '<watch> [a change of <colour_word>|<colour_word> changes|a <colour_word> change'
            '|a new <colour_word>] [of <something>|<at>|] <then>'
        ),
        'wait until <something> <recolours> <then>',
        'has <something> changed [its|] <colour_word> [yet|already|]? <tell> [<done>|]',
        '<eye> <something> and <tell> <when> it <recolours>',
        '<eye> [<scene>|the <things>] and <tell> <when> <something> <recolours>',
        'should <something> change [its|] <colour_word>, <ask>',
        (
            '[<polite>|] <tell_of> [about|of] [any|every|each] [change of <colour_word>'
            '|<colour_word> change|new <colour_word>] [of <something>|]'
        ),
        (
            '<ask> <when> [the colours|the colors|colours|colors|any colours] [change|have changed]'
            ' [of the <things>|<at>|]'
        ),
        (
            '<ask> <when> [there is|you see] [a change of <colour_word>|a <colour_word> change'
            '|a new <colour_word>] [of <something>|<at>|]'
        ),
        '[a change of <colour_word>|<colour_word> change] [of <something>|<at>|]: <tell>',
        'the {s}: <tell> <when> [it <recolours>|the <colour_word> changes]',
    ),
    'move': (
        '<ask> <when> <it> <moved>',
        '<ask> <when> <it> <moved>',
        '<ask> <when> <agent> <moves>',
        '<when> <it> <moved>, <ask>',
        '<when> <agent> <moves>, <ask>',
        (
            '<watch> <it> to be [moved|carried|shifted|relocated|put elsewhere] <by>'
            ' [<then>|and <tell> <done>]'
        ),
        'wait until [<it> <moved>|<agent> <moves>] <then>',
        '[has|was] <it> [moved|been moved|been carried|been shifted] <by> [yet|already|]? <tell>',
        '<eye> <it> and <tell> <when> it <moved>',
        '<eye> [<scene>|the gripper|the robot arm] and <tell> <when> [<it> <moved>|it <moves>]',
        'should <it> be [moved|carried|shifted] <by>, <ask>',
        '[<polite>|] <tell_of> [about|of] any [movement|move|transport|relocation] of <it>',
        '<it>: <tell> <when> it <moved>',
        '<ask> <when> the [place|position|location] of <it> [changes|has changed|is new]',
    ),
    'touch': (
        '<ask> <when> <it> <touches> <wall>',
        '<ask> <when> <it> <touches> <wall>',
        '<when> <it> <touches> <wall>, <ask>',
        '<watch> <it> to <touch> <wall> [<then>|and <tell> <done>]',
        '<watch> [contact|a touch] between <it> and <wall> <then>',
        'wait until <it> <touches> <wall> <then>',
        'has <it> [touched|reached|hit|met|bumped into] <wall> [yet|already|]? <tell> [<done>|]',
        '[does <it> touch|is <it> touching] <wall> [yet|already]? <tell> <done>',
        '<eye> [<it>|<wall>] and <tell> <when> <it> <touches> <wall>',
        'should <it> <touch> <wall>, <ask>',
        '<ask> <when> there is contact between <it> and <wall>',
        '<ask> <when> <wall> is [touched|hit|reached] by <it>',
        '<ask> <when> <it> and <wall> [touch|meet|are in contact|collide]',
        '<it>: <tell> <when> it <touches> <wall>',
        '<it> will <touch> <wall>, <ask> <when> it [does|<touches> <wall>]',
    ),
    'narrate': (
        (
            '[<polite>|] [describe|narrate|comment on|report|tell me|explain|caption|document]'
            ' [what|everything that'
            '|all that|whatever|anything that] <happens> <at>'
        ),
        (
            '[<polite>|] [describe|narrate|comment on|report|tell me about|mention|list] [every|each'
            '|any|every single] <event> <at> [when it is over|as it happens|after it has happened|]'
        ),
        (
            '[<polite>|] [describe|narrate|comment on|report|tell me about] all [the|] [events'
            '|happenings|actions|changes|incidents] <at>'
        ),
        (
            '[<polite>|] [give|provide] [me|] [a running commentary|a live commentary|a commentary'
            '|a live report|running reports|a narration] [on <scene>|of <scene>|]'
        ),
        (
            'what [is happening|happens|is going on|goes on] <at>? [keep [describing|narrating'
            '|reporting|commenting|me posted]|describe it|narrate it|tell me everything|]'
        ),
        (
            '[<eye> <scene> and|] [keep|go on|continue] [telling me|describing|narrating|reporting]'
            ' [what|everything that] <happens>'
        ),
        '<eye> <scene> and [tell me|describe|report|narrate] [what|everything that] <happens>',
        (
            '[I want|I would like|I need] to [know|hear] [everything that|all that|about everything'
            ' that] <happens> <at>'
        ),
        (
            '[narrate|be my narrator|be the commentator|act as a narrator|comment] [<at>|for me|the'
            ' scene|]'
        ),
        (
            '[let me know|inform me|keep me posted|keep me informed] [about|of] [everything|all'
            ' events|every event|whatever] [that happens|] <at>'
        ),
        (
            '[each time|every time|whenever|when] something <happens>, [describe it'
            '|tell me what it was|tell me what happened|report it|narrate it|comment on it]'
        ),
        (
            '[[<polite>|] [give me|write|log|record]|I want|I need] [a report|a note|reports]'
            ' [of|on|about] [each|every|any] <event> <at>'
        ),
        '[<polite>|] say what <happens> <at> [, always| at all times| all the time|]',
        '[each|every] <event> <at>: [describe|report|narrate|caption] it',
        '[<polite>|] [caption|document|log|record|summarise] [every|each|any] <event> <at>',
    ),
    'ground': (
        '<between> does <one> <appear>?',
        '<between> [did|will] <one> <appear>?',
        'when [does|did|will] <one> <appear>? <give> the <span>',
        '<give> the <span> [in which|during which|when|of when] <one> <appears>',
        '<give> the <span> of [the [arrival|appearance] of <one>|<one> [coming in|arriving]]',
        'what is the <span> [of the [arrival|appearance] of <one>|in which <one> <appears>]?',
        '[tell me|say|report|I want to know] <between> <one> <appears>',
        '<when> <one> <appears>, <give> the <span>',
        '[localise|locate|mark|ground] the [arrival|appearance] of <one> in time',
        '[at what time|at which time|when exactly] [does|did] <one> <appear>?',
        '[how long|from when until when] [does|did] the arrival of <one> last?',
        '<one> [will|should] <appear>: <give> the <span>',
        '<give> the <span> for the [arrival|appearance] of <one>',
    ),
}

SPAN_TEMPLATES: dict[str, tuple[str, ...]] = {
    'leave': (
        '<between> does <it> <leave>?',
        'when [does|did] <it> <leave>? <give> the <span>',
        '<give> the <span> [in which|during which|when] <it> <leaves>',
        '<give> the <span> of [the [departure|disappearance] of <it>|<it> [leaving|going away]]',
        '[tell me|say|report] <between> <it> <leaves>',
        '<when> <it> <leaves>, <give> the <span>',
    ),
    'recolour': (
        '<plain_between> does <something> change [its|] <colour_word>?',
        'when does <something> change [its|] <colour_word>? <give> the <plain_span>',
        '<give> the <plain_span> [in which|when] <something> <recolours>',
        (
            '<give> the <plain_span> of the [change of <colour_word>|<colour_word> change]'
            ' [of <something>|]'
        ),
        '<when> <something> <recolours>, <give> the <plain_span>',
    ),
    'move': (
        '<between> is <it> [moved|carried|shifted] <by>?',
        'when is <it> [moved|carried|shifted] <by>? <give> the <span>',
        '<give> the <span> [in which|during which|when] [<it> <moved>|<agent> <moves>]',
        '<give> the <span> of the [movement|transport|relocation] of <it>',
        '<when> <it> <moved>, <give> the <span>',
    ),
    'touch': (
        '<between> does <it> <touch> <wall>?',
        'when does <it> <touch> <wall>? <give> the <span>',
        '<give> the <span> [in which|when] <it> <touches> <wall>',
        '[tell me|say] <between> <it> <touches> <wall>',
        '<when> <it> <touches> <wall>, <give> the <span>',
    ),
    'narrate': (
        '<give> the <span> of [everything that <happens>|every <event>|each <event>] <at>',
        'when does [something|anything] happen <at>? <give> the <span>',
        '<between> does [something|anything] happen <at>?',
        '<when> [something|anything] <happens> <at>, <give> the <span>',
        '<give> the <span> of all [events|happenings|incidents] <at>',
    ),
}
"""Templates that ask for the interval of an event other than an arrival, by family of the event."""
