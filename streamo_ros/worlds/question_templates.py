# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Templates of instructions that ask a question, written with the rules of `grammar_rules`.

'{a} {c} {s}' stands for article, color and shape.
"""

from __future__ import annotations

QUESTION_TEMPLATES: dict[str, tuple[str, ...]] = {
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
