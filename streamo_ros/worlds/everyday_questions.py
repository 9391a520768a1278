# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Everyday templates of questions, stories and intervals, written with `everyday_rules`.

'{a} {c} {s}' stands for article, color and shape.
"""

from __future__ import annotations

EVERYDAY_QUESTIONS: dict[str, tuple[str, ...]] = {
    'count': (
        'how many [now|there|here|of them|in all|altogether|objects|items] [<rn>|pls|]? <posted>',
        '[count|total|a count|a headcount|number of things] [pls|please|now], <posted>',
        '<lmk> how many <things> [there are|you count|we have|you see], <posted>',
        'how many <things> [do we have|did they leave|are left|have you counted] [now|]? <posted>',
        'how many [are|lie] [still|] there [<rn>|]? <posted>',
        (
            '[if|when|whenever] <who> [adds|takes|brings] something, [count again|how many are'
            ' there'
            ' then|tell me the new number]. [start now|count now, too|what is it now]?'
        ),
        (
            'is [the number|the count] of <things> still the same? [say it|tell me] [now|] and'
            ' <posted>'
        ),
        (
            "[count|add up|count up] [what's there|the stuff|all the stuff|what you see] [pls"
            '|], <posted>'
        ),
        'keep [the tally|score|the count|a tally] [of things|of objects|up to date|for us]',
        '[the total|the count|how many <things>] now and [after each change|whenever it changes]',
        '<who> [takes some|brings more|adds some]. how many [then|now]? <posted>',
        '<lmk> the number of <things> [<rn>|], <posted>',
        'not just once: how many <things> [are there|do you see]?',
    ),
    'number': (
        "[what's|what is] on the <screen> <rn>? <posted>",
        '[number|display|screen|panel|reading|digits] [pls|please|now], <posted>',
        '<lmk> [what the <screen> [shows|has]|the number|the number up there] [<rn>|], <posted>',
        '[which|what] number [has it got|is there|is up|have we got] <rn>? <posted>',
        'is the <screen> still [the same|at the same number]? [read it|say it], <posted>',
        (
            '<who> [changes|keeps changing|turns] the [number|display]. [read|say|tell me] the'
            ' number'
            ' [each time|every time|now and each time]'
        ),
        "I can't [read|make out|look at] the <screen>. [what is it|what does it say]? <posted>",
        'the [digits|reading|value] [there|up there|shown there] [pls|please], <posted>',
        'what [does it say|number is it|does it show] [there|up there|on the <screen>]? <posted>',
        "[keep reading|go on reading|don't stop reading] [me|us] the [screen|panel|number]",
        (
            'the number [up there|on the <screen>] [stays or changes|now and later], [read it'
            '|tell me]'
        ),
        (
            '[when|if] the number is not the same [anymore|any more], [read it|say it]. [and'
            ' now|start now]'
        ),
        'not just once: what number [is on the <screen>|do you see]?',
    ),
    'narrate': (
        (
            "[what's up|what's new|what's happening|what happened|any news] [there|here|now"
            '|on the table|]? [keep me posted|lmk|each time|tell me every time|go on telling me]'
        ),
        (
            '<lmk> [what|whatever|everything] [they do|someone does|people do|the robot does'
            '|anybody does|somebody did] [there|with the things|on the table|]'
        ),
        (
            '[news|updates|events|live updates|a live ticker|what happens] [pls|please|from'
            ' the table]'
        ),
        (
            '[keep me posted|keep me in the picture|fill me in|update me] [about|on]'
            ' [what goes on|what they do|what happens|the goings on] [there|over there|]'
        ),
        '[if|when|whenever] <who> does something, [say|tell me|lmk] what [it was|they did]',
        (
            "I [can't|cannot|don't] [look|see it|watch] [now|right now|]. [tell me|say|lmk] what"
            ' [happens|is happening|they do] [there|]'
        ),
        (
            '[be my|act as my|play the] [reporter|commentator|announcer|witness] [here|for'
            ' this table|]'
        ),
        (
            '[if|when|whenever] [something|anything] [changes|comes or goes|comes, goes or moves],'
            ' [say|tell me|lmk] what [it was|happened]'
        ),
        '[every|each] [little|] thing that [happens|changes|goes on], [pls|please|tell me|say it]',
        'things come, [things|they] go, [tell me|say what happens|keep me posted]',
        'who [brings|takes|moves] what? [tell me|say it] [each time|every time|always]',
        'stay quiet [unless|until] something happens, then [say|tell me] what [it was|happened]',
        '[log|note|call|report] [everything|all|what happens] [aloud|for me|live|as it comes]',
        'somebody [brings|takes|moves] [something|a thing]? [say what|tell me what], each time',
        (
            '[anything|something] [happening|new|moving] [there|on the table|]? <lmk>'
            ' [each time|every time|what it is, always]'
        ),
        (
            '[give|tell|send] me [all|] [the action|the changes|the comings and goings|what'
            ' they do]'
            ' [live|as it comes|pls]'
        ),
        '<lmk> about [all|everything] that [changes|comes or goes|is moved|is done] [there|]',
        "[don't|do not] miss [anything|a thing], [say|tell me|lmk] [what happens|what they do]",
        '[talk|take|walk] me through [it all|the action|what they do] [live|pls|as it goes|]',
        "[what's|what is] he [doing|up to]? [tell me|say it] [each time|every time|always]",
    ),
    'ground': (
        (
            '<some> [arriving|coming in|showing up|appearing|entering]: [from when till when'
            '|start and end|which seconds|what seconds|begin and end|the interval|time span] <pls>'
        ),
        (
            '[start and end|first and last second|beginning and end|interval|seconds'
            '|timestamps] of'
            ' <some> [coming in|showing up|appearing|getting here], [please|pls]'
        ),
        (
            '<lmk> the [start and end|interval|time span|seconds|first and last second] [of|for]'
            ' <some> [coming in|arriving|appearing|entering]'
        ),
        (
            '<who> [brings|will bring|is going to bring] <some>: [from when to when|which seconds'
            '|give me the seconds|between which seconds|tell me start and end]'
        ),
        (
            'when [does|did|will] <who> bring <some>? [I want|give me|pls] [the seconds|the'
            ' interval'
            '|from and to|begin and end|the time span]'
        ),
        (
            '[time|clock|log|note|mark|write down] [when|the seconds when|the time when] <some>'
            ' [comes in|arrives|enters], [from and to|start and end|from when to when]'
        ),
        (
            'at [what|which] second does <some> [begin|start] to [come in|arrive|enter], and at'
            ' [what|which] second [is it done|does it end|is it in]?'
        ),
        '[exact|] [time window|interval|span|from and to] when <some> [comes in|arrives], <pls>',
        (
            'once <some> is [there|in|on the table], [give|tell|send] me [the seconds'
            '|from when to when|its interval|start and end] [it took|of that|]'
        ),
        'which [part|seconds] of the [video|stream] [show|shows] <some> [arriving|entering]?',
        'from when [till|until] when [does|did] <who> [bring|put down|deliver] <some>?',
        '<lmk> [from when to when|between which seconds] <who> <brings> <some>',
    ),
    'presence': (
        '[a|any|the|some|one|my] {c} {s} [there|here|on the table|in view|<rn>|]? <posted>',
        '[a|any|one|still a|still the] {c} {s} [there|here|on the table|]?',
        'still [{a}|the|my] {c} {s} [there|here|on the table|around|]? <posted>',
        'is there still {a} {c} {s} [there|here|<rn>]? <posted>',
        'is <mine> [still|] [around|here|on the table|there] or not? <posted>',
        'has <who> left {a} {c} {s} [there|here|on the table]? <posted>',
        '[have we|have you|do we] still [got|have] {a} {c} {s} [there|here|]? <posted>',
        'we [have|have got] {a} {c} {s}, [right|yes|no]? <posted>',
        "<lmk> [if|whether] [there's|there is] [still|] {a} {c} {s} [there|here|<rn>], <posted>",
        '[status|presence|state] of <mine>: there or not, <posted>',
        '{a} {c} {s}: yes or no? <posted>',
        "there's no {c} {s}, [right|no|or is there]? <posted>",
        'is <mine> [staying|still with us|still there]? yes or no, <posted>',
        'at [any time|every moment]: is there {a} {c} {s} or not?',
        '<lmk> [if|whether] <mine> is [still there|there or not|on the table <rn>], <posted>',
        '{c} {s} [yes or no|or not]? <posted>',
    ),
    'colour': (
        '[color|colour] of [my|that|this|our] {s} [<rn>|pls|]? [<posted>|]',
        '{s} [color|colour] [now|pls|please], <posted>',
        '[what|which] <colouring> has [the|my|that] {s} got [<rn>|]? <posted>',
        'has <who> [painted|changed] [the|my|that] {s}? [what|which] <colouring> is it? <posted>',
        '<lmk> [what|which] <colouring> [my|that|this] {s} [is|has] [<rn>|], <posted>',
        'the {s}: [its color|color|what colour], <pls>, <posted>',
        "I [don't know|want|missed] the <colouring> of the {s}. [say it|what is it]? <posted>",
        'does the {s} keep its <colouring>? [say which|what is it], <posted>',
        '[what|which] <colouring> is [my|that] {s}, and [what|which] after [each|every] change?',
        (
            'keep [watching|checking|following] the <colouring> of [my|that|the] {s} and [say'
            ' it|tell me]'
        ),
        'is [the|my|that] {s} still [of|in] the same <colouring>? [which|what] is it? <posted>',
        "[what's|what is] the <colouring> of [the|my|that] {s} <rn>? <posted>",
        'not just once: what <colouring> is the {s}?',
    ),
    'see': (
        "[what's|what is] [there|here|lying there|on the desk] <rn>[, <single>|]",
        '[objects|things|items|contents] [on the table|there|in view] [pls|please], <single>',
        '<lmk> what [is there|you see|lies there|they left there|is lying around], <single>',
        'what did [someone|somebody|they|people] leave [there|on the table|here]? [<single>|]',
        'what have [they|people] [left|put] [there|on the table|here]? [<single>|]',
        '[a list|the list|an inventory] [of everything|of things|] [pls|now|please], <single>',
        'what do [we|I|you] have [there|on the table|here]? [<single>|]',
        (
            '[take stock|look around|have a look|quick check], what [is there|do you see]?'
            ' [<single>|]'
        ),
        "tell me what's [there|here|on it], <single>",
        '[all|everything] [you see there|that lies there|on it], <single>',
        'just [the|a] list of [things|what is there|the stuff], <single>',
        'which [stuff|things|items] [are there|lie there|did they leave] <rn>? [<single>|]',
        '[name|list] [it all|the stuff|all the stuff|what lies there], <single>',
    ),
}
