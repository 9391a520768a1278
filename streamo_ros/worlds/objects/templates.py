# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The grammar of each family's training instructions; see `rules` for what a template may use."""

from __future__ import annotations

_AND_TELL = '[tell me|let me know|say so|report it|alert me|notify me]'
OBJECT_TEMPLATES: dict[str, tuple[str, ...]] = {
    'appear': (
        '<ask> <when> <any> <appears>',
        '<tell> <when> <any> <appears>',
        '<tell> <when> [there is|you see|you notice|you spot|you can see|you detect] <any> <at>',
        '<when> <any> <appears>, <tell>',
        '<when> [you see|there is] <any> <at>, <tell>',
        f'<watch> <any> [and {_AND_TELL}|]',
        '<watch> <any> to <appear>',
        f'<eye> <scene> and {_AND_TELL} <when> <any> <appears>',
        (
            '[has|did] {one} [come in|arrived|appeared|entered|come]? <tell> <when>'
            ' it [does|happens|has]'
        ),
        '<any> <appears>: <tell>',
        '<polite> <watch> <any> <at>',
        'I am [waiting for|expecting] {one}, <tell> <when> [it|he|she] [comes|arrives|is here]',
        '<tell> about <some> that <appears>',
        '<tell> [of|about] [every|each|any] {bare} that <appears>',
    ),
    'leave': (
        '<ask> <when> <this> <leaves>',
        '<tell> <when> <this> <leaves>',
        '<when> <this> <leaves>, <tell>',
        '[<watch>|wait for] <this> to <leave>',
        f'<eye> <this> and {_AND_TELL} <when> [it|he|she] <leaves>',
        f'<eye> <scene> and {_AND_TELL} <when> <this> <leaves>',
        '[has|did] <this> [left|leave|gone]? <tell> <when> it [does|happens|has]',
        (
            '<tell> <when> you [no longer see|do not see|cannot see|lose|lose sight of] <this>'
            ' [anymore|any more|]'
        ),
        '<this> <leaves>: <tell>',
        '<tell> <when> there is no {bare} [anymore|any more|left]',
    ),
    'back': (
        '<ask> <when> <this> <returns>',
        '<tell> <when> <this> <returns>',
        '<when> <this> <returns>, <tell>',
        '[<watch>|wait for] <this> to <return>',
        f'<eye> <scene> and {_AND_TELL} <when> <this> <returns>',
        '<this> [has left|is gone|went away], <tell> <when> [it|he|she|{the}] <returns>',
        'wait until <this> <returns>',
        '<tell> <when> you see <this> again',
    ),
    'presence': (
        'is there <some> <at>? [<update>|]',
        'are there any {many} <at>? [<update>|]',
        (
            '[do you see|can you see|do you have|can you find|do you spot'
            '|do you notice] <some> <at>?'
            ' [<update>|]'
        ),
        'is <this> [<in>|visible|present|there now|still there|still <in>]? [<update>|]',
        (
            '[<polite>|] [check|tell me|say|report|keep checking|keep telling me'
            '|monitor|let me know]'
            ' [whether|if] [there is <some> <at>|<this> is [<in>|visible|present'
            '|there]|you see <some>]'
            ' or not [<updating>|]'
        ),
        (
            '[<polite>|] [check|say|report|keep checking|keep telling me|monitor|verify]'
            ' whether [there is <some> <at>|<this> is [<in>|visible|present]|you see <some>]'
            ' [<updating>|]'
        ),
        (
            '[yes or no|answer yes or no|say yes or no]: [is there <some> <at>'
            '|do you see <some>|is'
            ' <this> <in>]? [<update>|]'
        ),
        (
            '[I want|I need|I would like] to know whether [there is <some> <at>|<this> is <in>]'
            ' [<updating>|]'
        ),
        '<this>: [is it|do you see it|can you see it] [<at>|now|there]? [<update>|]',
        'is [{one}|{the}] [here|there]? <update>',
    ),
    'count': (
        'how many {many} [are|can be seen|are visible] <in>? [<update>|]',
        (
            'how many {many} [are there|do you see|can you see|do you count|are there now] <at>?'
            ' [<update>|]'
        ),
        (
            '[<polite>|] [keep counting|count|always count|go on counting]'
            ' [the|all|all the|all of the|] {many} <at> [<updating>|]'
        ),
        (
            '[<polite>|] [tell me|say|report|let me know|show me] how many {many} [there are|you'
            ' see|are <in>|you can see] [<updating>|]'
        ),
        (
            '[<polite>|] [tell me|report|give me|say|keep reporting'
            '|update] the [number|count|total'
            '|total number|amount] of {many} <at> [<updating>|]'
        ),
        'what is the [number|count|total number|total] of {many} <at>? [<update>|]',
        '[I want|I would like|I need] to know how many {many} [there are|are <in>] [<updating>|]',
        (
            'keep [track|count] of [how many {many} [there are|you see]|the number of {many}|the'
            ' {many}] <at>'
        ),
        (
            '[the|] [number|count|total number] of [the|all|] {many} <at> <please>'
            ' [<updating>|<further>]'
        ),
        'how many {many} <at>? [<update>|]',
    ),
    'more': (
        '<tell> <when> there are <more> {many} <at>',
        '<ask> <when> [you see|you count|there are|you can see] <more> {many} <at>',
        '<when> there are <more> {many} <at>, <tell>',
        '<tell> <when> <more> {many} are <in>',
        '<watch> <more> {many} <at>',
        f'<eye> <scene> and {_AND_TELL} <when> there are <more> {{many}}',
        f'count the {{many}} and {_AND_TELL} <when> there are <more>',
        (
            '<tell> <when> the number of {many} is [more than {n}|over {n}|above {n}'
            '|at least {least}]'
        ),
    ),
    'together': (
        (
            '<tell> <when> {one} and {other} [appear|are <in>|are visible|can be seen|are there]'
            ' [together|at the same time|at once|both|]'
        ),
        (
            '<ask> <when> [you see|there is|there are|you can see|you notice] {one} and {other}'
            ' [together|at the same time|at once|] <at>'
        ),
        '<tell> <when> [both|] {one} and {other} are <in> [together|at the same time|]',
        '<when> {one} and {other} are <in> [together|at the same time|], <tell>',
        '<tell> <when> {one} is <in> [together with|with|and also|along with] {other}',
        '<watch> {one} [together with|with|and] {other} <at>',
        '<tell> <when> [there is|you see] {one} [together with|with|as well as|next to] {other}',
    ),
    'where': (
        'where [is|do you see|can I find|can you see] <this> [now|]? [<update>|]',
        (
            '[<polite>|] [tell me|say|report|show me|keep telling me|let me know] where <this> is'
            ' [now|] [<updating>|]'
        ),
        '[on|at] which side [of <scene>|] is <this>? [<update>|]',
        'in [which|what] part of <scene> is <this>? [<update>|]',
        '[<polite>|] [follow|track] <this> and [tell me|say|report] where it is [<updating>|]',
        'what is the [position|place|location] of <this>? [<update>|]',
        (
            '[<polite>|] [tell me|give me|report|say] the [position|place|location] of <this>'
            ' [<updating>|]'
        ),
        '[I want|I need|I would like] to know where <this> is [<updating>|]',
        'is <this> on the left or on the right? [<update>|]',
    ),
    'side': (
        '<tell> <when> <any> is {at} [of <scene>|]',
        '<ask> <when> [you see|there is|you notice] <any> {at} [of <scene>|]',
        '<when> <any> is {at} [of <scene>|], <tell>',
        '<watch> <any> {at} [of <scene>|]',
        '<tell> <when> <this> [can be seen|is visible|is seen|is there] {at} [of <scene>|]',
        f'<eye> <scene> and {_AND_TELL} <when> <any> is {{at}}',
    ),
    'move': (
        '<tell> <when> <this> <goes> {to} [of <scene>|]',
        '<ask> <when> <this> <goes> {to} [of <scene>|]',
        '<when> <this> <goes> {to} [of <scene>|], <tell>',
        '[<watch>|wait for] <this> to [move|go|come|get|shift] {to} [of <scene>|]',
        f'<eye> <this> and {_AND_TELL} <when> it <goes> {{to}}',
    ),
    'near': (
        '<tell> <when> <any> <nears>',
        '<ask> <when> <this> <nears>',
        '<when> <any> <nears>, <tell>',
        f'<eye> <scene> and {_AND_TELL} <when> <any> <nears>',
        (
            '<tell> <when> [there is|you see] {one} [very near|very close'
            '|close to [the camera|you]'
            '|right in front of you]'
        ),
    ),
    'closer': (
        '<tell> <when> <this> <closer>',
        '<ask> <when> <this> <closer>',
        '<when> <this> <closer>, <tell>',
        '[<watch>|wait for] <this> to [come closer|approach|get closer|come nearer]',
        f'<eye> <this> and {_AND_TELL} <when> it <closer>',
    ),
    'see': (
        'what [is|do you see|can you see|can be seen] <in> [right now|now|]? [answer <once>|]',
        (
            'what [do you see|can you see|things do you see|objects are there|is there|things are'
            ' there]? [answer <once>|<once>|]'
        ),
        (
            '[<polite>|] [name|list|enumerate|identify] [the|all the|all] [things|objects] <at>'
            ' [<once>|right now|now|]'
        ),
        (
            '[<polite>|] [say|tell me|name|list|report] what [you see|you can see|is <in>'
            '|there is <at>] [now|right now|at the moment|] [<once>|]'
        ),
        '[<polite>|] describe <scene> [now|] <once>',
        '[<polite>|] [give me|make|say] a [list|short list] of [the|all] [things|objects] <at>',
        (
            'which [things|objects] [are|do you see|can you see|are there] <in> [now'
            '|]? [answer <once>'
            '|<once>|]'
        ),
        (
            '[look|take a look] [at <scene>|] and [tell me|say|list] [what [you see|is there]|the'
            ' things] [<once>|]'
        ),
        '[<polite>|] [list|name|tell me|say] everything [<in>|you see|you can see] [now|] <once>',
    ),
    'narrate': (
        (
            '[<polite>|] [describe|narrate|comment on|report|tell me|keep telling me]'
            ' [everything that|all that|whatever] [happens|goes on|you see happening'
            '|takes place] <at>'
        ),
        (
            '[<polite>|] [describe|report|tell me|say|keep telling me] what [happens|is happening'
            '|goes on|is going on] <at>'
        ),
        (
            '[<polite>|] [tell me|report|say|announce|let me know] [everything|all|everyone and'
            ' everything|whatever|what|each thing] that [comes [and|or] goes'
            '|arrives [and|or] leaves'
            '|appears [and|or] disappears|comes in [and|or] goes out] <at>'
        ),
        (
            '[<polite>|] [tell me|report|say|announce] what [comes and goes'
            '|comes or goes|arrives or'
            ' leaves|comes in or leaves|appears or disappears] <at>'
        ),
        'what is [happening|going on] <at>? keep [telling me|reporting|me informed]',
        '[give me|I want|make] a [running|live|constant] commentary',
        (
            '[<polite>|] [report|announce|describe|comment on] [every|each] [arrival and departure'
            '|event|change] <at>'
        ),
    ),
    'ground': (
        '<between> does {one} [appear|arrive|come in|enter|show up|come into view]?',
        (
            'when does {one} [appear|arrive|come in|enter|show up]? [give|tell me|name'
            '|say] the <span>'
        ),
        '<give> the <span> in which {one} [appears|arrives|comes in|enters|shows up]',
        '<give> the <span> of the [arrival|entry] of {one}',
        '[<watch>|wait for] {one} and [give me|tell me|name|say] the <span>',
        '<tell> [from when to when|<plain_between>] {one} [appears|arrives|comes in|enters]',
        'what is the <span> of the [arrival|entry] of {one}?',
        '<when> {one} [appears|arrives|comes in|enters], [give|name|tell me|say] the <span>',
    ),
}
