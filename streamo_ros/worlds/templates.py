# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is said in each family of tasks, as templates over the rules of `wordings`.

Knows the order of the words. '{a} {c} {s}' stands for article, colour and shape. Every text means
its family's task and no other; a template of 'recolour' never begins with '{s}'.
"""

from __future__ import annotations

TEMPLATES: dict[str, tuple[str, ...]] = {
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
    'count': (
        'how many <things> [are|lie|can be seen|are visible] <in>? [<update>|]',
        (
            'how many <things> [are there|do you see|can you see|do you count|are there now] <at>?'
            ' [<update>|]'
        ),
        (
            '[<polite>|] [keep counting|count|always count|go on counting]'
            ' [the|all|all the|all of the] <things> <at> [<updating>|]'
        ),
        (
            '[<polite>|] [tell me|say|report|let me know|show me] how many <things> [there are|you'
            ' see|are <in>|lie <in>|you can see] [<updating>|]'
        ),
        (
            '[<polite>|] [tell me|report|give me|say|keep reporting|update] the [number|count|total'
            '|total number|amount] of <things> <at> [<updating>|]'
        ),
        'what is the [number|count|total number|total|amount] of <things> <at>? [<update>|]',
        (
            '[I want|I would like|I need] to know how many <things> [there are|are <in>]'
            ' [<updating>|]'
        ),
        (
            'keep [track|count] of [how many <things> [there are|you see]|the number of <things>|the'
            ' <things>] <at>'
        ),
        '[give|tell] me a [running|current] [count|total] of the <things> <at>',
        'tell me how many <things> [there are|you see] [<at>|whenever that changes]',
        (
            '[the|] [number|count|total|total number|amount|quantity] of'
            ' [the|all|all the|] <things> <at> <please> [<updating>|<further>]'
        ),
        'number of [the|all|] <things> <at>? [<update>|]',
        (
            '[<polite>|] [tell me|say|report|let me know] how many [there are|you see|you count'
            '|you can see|are there] <at> [<updating>|<further>]'
        ),
        (
            '[<polite>|] [give me|make|keep|report] [a|the] [count|total|number] of [the|all|all the]'
            ' <things> <at> [<updating>|<further>]'
        ),
    ),
    'number': (
        (
            '[<polite>|] [read|read out|keep reading|always read|read aloud] the [<display>|<reading>'
            ' on the <display>|<reading>|<display> aloud] [<updating>|]'
        ),
        (
            '[<polite>|] [tell me|say|report|give me|let me know|name] the <reading> [on|of|shown on'
            '|that is on] the <display> [<updating>|]'
        ),
        (
            'what [does the <display> [show|say|read]|is [on|shown on|written on] the <display>'
            '|<reading> does the <display> show|is the <reading> on the <display>]? [<update>|]'
        ),
        (
            '[<polite>|] [tell me|say|report|let me know] what the <display> [shows|says|reads]'
            ' [<updating>|]'
        ),
        (
            '<when> the [<reading>|<reading> on the <display>|<display>] changes, [read it|read it'
            ' out|tell me the new one|say it|tell me what it shows]'
        ),
        (
            '[tell me|let me know|report|read it] <when> the <reading> on the <display> [changes|is'
            ' new]'
        ),
        (
            '<eye> the <display> and [tell me|report|say|read] [the <reading>|what it shows|every new'
            ' <reading>|each new <reading>]'
        ),
        (
            'which <reading> [is on|do you see on|can you read on|does one see on] the <display>?'
            ' [<update>|]'
        ),
        (
            '[I want|I need|I would like] to know [the <reading> on the <display>|what the <display>'
            ' shows] [<updating>|]'
        ),
        'read [the <reading>|the <display>] [whenever|each time|every time|when] it changes',
        (
            '[<polite>|] [tell me|say|report|give me|name|read|read out|let me know|keep telling me]'
            ' the <reading> <shown> [now|] [<updating>|<further>|<new_one>|]'
        ),
        (
            '[<polite>|] [tell me|say|report|give me|name|read|keep reporting] the <reading> <shown>'
            ' [<updating>|<further>|<new_one>]'
        ),
        (
            '[what|which] <reading> [do you see|can you see|is shown|is there|can you read'
            '|do you read|is it|is on the <display>|does the <display> have] [now|]? [<update>|]'
        ),
        (
            '[what|which] <reading> [is shown|do you see|can you read] [now|]?'
            ' [tell me|say|read|report] [each|every|any] [new one|new <reading>|change]'
        ),
        'the <reading> [<shown>|] <please> [<updating>|<further>|<new_one>]',
        'the <display> <please> [<updating>|<further>|<new_one>]',
        (
            '[<polite>|] [tell me|report|say|read|read out|give me|let me know] [each|every|any] new'
            ' <reading> [<shown>|]'
        ),
        '[is there|do you see] a [new|different] <reading> [<shown>|]? [read it|tell me|say it]',
        (
            '[<polite>|] [keep|go on|continue] [reading|reporting|telling me] [the <reading>'
            ' [<shown>|]|what the <display> [shows|says|reads]|what is on the <display>]'
            ' [<updating>|<further>|]'
        ),
        (
            '[<polite>|] [say|tell me|report] [what|which] <reading> [you see|is shown|you can read'
            '|is on the <display>|the <display> shows] [<updating>|<further>|<new_one>]'
        ),
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
    'presence': (
        'is there <one> <at>? [<update>|]',
        'is there <one> <at>? <update>',
        (
            '[do you see|can you see|do you have|do we have|can you find|do you spot] <one> <at>?'
            ' [<update>|]'
        ),
        'is <it> [<in>|visible|present|there now|still there|still <in>]? [<update>|]',
        'does <scene> [hold|have|show|contain] <one>? [<update>|]',
        (
            '[<polite>|] [check|tell me|say|report|keep checking|keep telling me|monitor|let me know]'
            ' [whether|if] [there is <one> <at>|<it> is [<in>|visible|present|there]|you see <one>]'
            ' or not [<updating>|]'
        ),
        (
            '[<polite>|] [check|tell me|say|report|keep checking|keep telling me|monitor|verify]'
            ' whether [there is <one> <at>|<it> is [<in>|visible|present]|you see <one>]'
            ' [<updating>|]'
        ),
        (
            '[yes or no|answer yes or no|say yes or no]: [is there <one> <at>|do you see <one>|is'
            ' <it> <in>]? [<update>|]'
        ),
        (
            '[I want|I need|I would like] to know whether [there is <one> <at>|<it> is <in>]'
            ' [<updating>|]'
        ),
        (
            '[<polite>|] [check|keep checking] for <one> <at> [and <update>|, and <update>'
            '|. <update>|and report [each|every|any] change]'
        ),
        (
            '[say|tell me|answer] yes [when|if|whenever] [you see <one>|there is <one> <at>|<it> is'
            ' <in>] and no [when|if|whenever] [not|it is not|there is not|you do not] [<updating>|]'
        ),
        '<it>: [is it|do you see it|can you see it] [<at>|now|there]? [<update>|]',
    ),
    'colour': (
        '[what|which] <colour_word> [is|has] the {s} <at>? [<update>|]',
        '[what|which] <colour_word> does the {s} have <at>? [<update>|]',
        'what is the <colour_word> of [the|that] {s} <at>? [<update>|]',
        (
            '[<polite>|] [tell me|name|report|give me|say|state|keep reporting|keep telling me] the'
            ' [current|] <colour_word> of the {s} <at> [<updating>|]'
        ),
        (
            '[<polite>|] [tell me|report|say|let me know|keep telling me] [what|which] <colour_word>'
            ' the {s} [has|is] <at> [<updating>|]'
        ),
        (
            '[I want|I need|I would like] to know [the <colour_word> of the {s}|what <colour_word>'
            ' the {s} [is|has]] [<updating>|]'
        ),
        '<eye> the {s} and [tell me|report|say|name] its <colour_word> [<updating>|]',
        'the {s}: [what|which] <colour_word> [is it|does it have]? [<update>|]',
        'keep me [informed about|up to date on|posted about] the <colour_word> of the {s} <at>',
        'how is the {s} coloured <at>? [<update>|]',
        'the <colour_word> of the {s} <at> <please> [<updating>|<further>]',
        (
            '[<polite>|] [tell me|say|report|name] the <colour_word> [of the {s}|that the {s} has]'
            ' [now|] [<updating>|<further>]'
        ),
    ),
    'see': (
        (
            'what [is|lies|do you see|can you see|can be seen] <in> [right now|now|]? [answer|tell me'
            '|say it|]  [<once>|]'
        ),
        (
            'what [do you see|can you see|things do you see|objects are there|is there|<things> are'
            ' there]? [answer <once>|<once>|]'
        ),
        (
            '[<polite>|] [name|list|enumerate|identify] [the|all the|all|all of the|every one of the]'
            ' <things> <at> [<once>|right now|now|]'
        ),
        (
            '[<polite>|] [say|tell me|name|list|report|describe] what [you see|you can see|is <in>'
            '|lies <in>|there is <at>] [now|right now|at the moment|]  <once>'
        ),
        '[<polite>|] [describe|list the contents of|take stock of] <scene> [now|], <once>',
        (
            '[<polite>|] [give me|make|say|write] a [list|single list|short list] of'
            ' [the|all] <things> <at> [<once>|]'
        ),
        '<once>: what [is <in>|do you see|lies <in>]?',
        (
            'which <things> [are|lie|do you see|can you see|are there] <in> [now|]? [answer <once>'
            '|<once>|]'
        ),
        (
            '[look|take a look] [at <scene>|] and [tell me|say|list] [what [you see|is there]|the'
            ' <things>] [<once>|]'
        ),
        (
            '[<polite>|] [list|name|tell me|say|report] everything [<in>|you see|that you see|you can'
            ' see|that is <in>|that lies <in>] [now|] [<once>|, <once>]'
        ),
        '[everything|all the <things>|all <things>] [<in>|that you see|you can see], <once>',
        (
            '[<polite>|] give me [everything|all|all the <things>|the <things>] [that you see|you see'
            '|you can see|that is <in>], <once>'
        ),
    ),
}
"""Training's templates of every family."""

SPANS: dict[str, tuple[str, ...]] = {
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
"""Templates that ask for the interval of other events than arrivals; only training uses them."""
