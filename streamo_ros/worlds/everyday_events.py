# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Everyday templates of instructions that wait for events, written with `everyday_rules`.

'{a} {c} {s}' stands for article, color and shape.
"""

from __future__ import annotations

EVERYDAY_EVENTS: dict[str, tuple[str, ...]] = {
    'appear': (
        '<quick> <if> <who> <brings> <some> [here|to the table|over|for us|at last]',
        '<if> <who> <brings> <some>, <quick>',
        '<quick> <if> <people> <bring> <some> [here|over|]',
        'has <who> brought <some> [yet|already|]? <quick> [once they have|<so>]',
        'did <who> <bring> <some> [yet|already|]? <quick> [once they did|<so>]',
        (
            "[I'm|we're|I am still|we are] [waiting|looking out|hoping] for <some>. <quick> <if>"
            " [it's here|it's there|it comes|you have it|it is in]"
        ),
        (
            '[no|still no|not one] {c} {s} [so far|here|there|in sight|yet|around]? <quick> <if>'
            ' [one comes|you see one|that changes|one is there|someone brings one]'
        ),
        (
            "<some>, <if> [it's there|it's here|it comes|it arrives|you see it|it turns up"
            '|somebody brings it|it gets in]'
        ),
        (
            '<some> [on its way|coming|there|here|on the table|in] [yet|already|soon]? <quick>'
            " [once it is|when it's here|<so>]"
        ),
        (
            "[there'll be|there will be|we should get|we expect] <some> <soon>, <quick>"
            " [when it's here|when it comes|once it is in]"
        ),
        (
            "[you don't see|we haven't got|there isn't|there's not] [a|any] {c} {s} [now|yet"
            '|so far].'
            ' <quick> [if that changes|when one comes|when you do|once someone brings one]'
        ),
        (
            '<who> [will|is going to|wants to|is about to] <bring> <some> [<soon>|]. <quick>'
            " [when it's here|when they have|if they do|once they have]"
        ),
        '<word> [please|pls|] <if> <some> [comes|arrives|turns up|is here|is brought]',
        "<quick> <if> you've [seen|spotted|found|noticed] <some> [there|in view|on the table|]",
        (
            "<quick> <if> there's [finally|now|at last] <some> [there|here|around|in view|on"
            ' the table|]'
        ),
        "[as long as|while] there's no {c} {s}, <hush>. [when one comes|once there is], <quick>",
        "{c} {s}: <quick> [when it's in|once it comes|when you see one|if it comes]",
    ),
    'leave': (
        '<quick> <if> <who> <takes> <mine> [away from here|from us|off the table|from me]',
        '<quick> <if> [he|she|the kid|my brother|a thief|one of them|a stranger] <takes> <mine>',
        '<if> [he|she|the kid|a thief|one of them|a person|some guy] <takes> <mine>, <quick>',
        '<if> <who> <takes> <mine>, then <quick>',
        '<quick> <if> <people> <take> <mine>',
        '<if> <people> <take> <mine>, <quick>',
        'has <who> <taken> <mine> [yet|already]? <quick> [once they have|<so>]',
        'did <who> <take> <mine> [yet|]? <quick> [once they did|<so>]',
        (
            '<mine> [should|must|ought to|needs to|is meant to|has to] [stay|stay here|remain here'
            '|be here|stay on the table|not go away]. <quick> [if not|when it goes|if it is gone'
            "|when it doesn't|once it's gone]"
        ),
        (
            'is <mine> still [there|here|around|on the table|with us|in view]? <quick>'
            " [when|once|if|as soon as] [it isn't|it isn't anymore|it's gone|it goes|it leaves"
            '|someone takes it|it is no longer there]'
        ),
        (
            "<quick> <if> <mine> [isn't|is not|ain't] [here|around|on the table|in view|visible]"
            ' [anymore|any more|any longer]'
        ),
        "<quick> <if> <mine> [isn't|is not] there [any more|any longer|now]",
        "<quick> <if> there's no [more|longer a] {c} {s} [there|here|around|]",
        (
            "as long as <mine> [is there|is here|is on the table|hasn't gone|is around], <hush>."
            ' [but when it goes|when it leaves|once it is gone|if it goes], <quick>'
        ),
        (
            "[don't|do not|never] let <who> <take> <mine>, [and|] <quick> [if they do|if it"
            ' happens'
            '|when someone does|if they try and it is gone]'
        ),
        (
            '[guard|mind|look after|keep watch over|protect|stay with|take care of] <mine>, [and|]'
            " <quick> <if> [it's gone|it goes|it's taken|someone takes it|it vanishes|it leaves]"
        ),
        '<mine> [gone|missing|taken|away|stolen] [already|now|]? <quick> [once it is|<so>]',
        (
            "<mine>, <if> [it's away|it has gone|it's left|it leaves|it's taken|it goes"
            '|someone takes it|it is no longer there|it is stolen]'
        ),
        '<word> [please|pls|] <if> <mine> [leaves|goes|disappears|is taken|is stolen|is gone]',
        (
            '<guess> <who> [will|is going to|is about to|wants to] <take> <mine> [<soon>|].'
            ' <quick>'
            " [when they do|if they do|when it happens|once it's gone]"
        ),
        '<mine> stays: <hush>. it [leaves|goes|is taken]: <quick>',
        (
            "<quick> <if> you [can't see|cannot see|don't see|can't find] <mine>"
            ' [anymore|any more|any longer|]'
        ),
        (
            '[make sure|see to it that] [nobody|no one] <takes> <mine>, <quick> if [they do'
            '|someone does]'
        ),
    ),
    'recolour': (
        '<quick> <if> <who> <paints> <whatever>',
        '<if> <who> <paints> <whatever>, then <quick>',
        (
            '[everything|all of it|<whatever>] [should|must|has to|ought to] [keep its <colouring>'
            '|stay the <colouring> it is]. <quick> [if not|when it does not|otherwise]'
        ),
        (
            'is [everything|it all|<whatever>] still [of|in] the same <colouring>? <quick>'
            " [if not|when not|as soon as it isn't|once it isn't]"
        ),
        '[some|a] [new|other] <colouring> [there|on something|anywhere] [yet|]? <quick> <so>',
        (
            "<quick> <if> <whatever> [is not|isn't|is no longer] the <colouring> it was"
            ' [before|at first]'
        ),
        '[a different|another|a new] <colouring> [on|for] <whatever>: <quick>',
        (
            'as long as [the colors stay|all colours stay] [the same|like this], <hush>.'
            ' [if one changes|otherwise], <quick>'
        ),
        (
            'did <who> [paint|repaint|dye|change the color of] <whatever>? <quick> [once they'
            ' have|<so>]'
        ),
        'has <who> [painted|repainted|dyed] <whatever> [yet|]? <quick> [once they have|<so>]',
        (
            "<quick> <if> <whatever> [doesn't keep|hasn't kept|loses] its [old|first|present]"
            ' <colouring>'
        ),
        (
            "<quick> <if> a <colouring> [is not what it was|is different now|isn't the old one"
            '|is new]'
        ),
        '[new colors|colour changes|changes of color], [pls|please|as they happen]',
        (
            '<who> [will|is going to|is about to] [paint|repaint|change the color of] <whatever>'
            ' [<soon>|]. <quick> [when they have|if they do]'
        ),
        (
            '<whatever>, <if> [its color changes|it changes color|it has a new colour|somebody'
            ' paints it]'
        ),
        '<word> [please|pls] <if> <whatever> [changes color|has a new colour|gets another color]',
        '[does|will] <whatever> [keep its|stay in that] <colouring>? <quick> [if not|when not]',
    ),
    'move': (
        '<quick> <if> <who> <shifts> <mine> <away>',
        '<if> <who> <shifts> <mine> [<away>|], <quick>',
        '<quick> <if> <people> <shift> <mine> [<away>|]',
        'did <who> <shift> <mine> [<away>|]? <quick> [once they have|when it is done|<so>]',
        'has <who> <shifted> <mine> [yet|already|]? <quick> [once they have|<so>]',
        (
            '[nobody|no one] [should|may|must|gets to|is supposed to] <shift> <mine>. <quick>'
            ' [if they do|if someone does|when it happens|if it has been]'
        ),
        (
            '<mine> [should|must|ought to|needs to|is meant to] [stay where it is|stay put'
            '|stay right there|keep its place|not be moved|remain in its place]. <quick>'
            " [if not|if it doesn't|otherwise|when it does not]"
        ),
        (
            'is <mine> still [where it was|in the same place|at its place|in the same spot'
            "|where I put it]? <quick> [when|once|if] [it isn't|not|it's not|it has moved]"
        ),
        (
            "<quick> <if> <mine> [isn't|is not|is no longer] [where it was|in its place|where"
            ' I left'
            ' it|in the same spot|where it used to be|at its old place] [now|any more|at all]'
        ),
        (
            "<quick> <if> <mine> [doesn't stay|won't stay|hasn't stayed] [where it is|where it was"
            '|there|in its spot|in its place]'
        ),
        (
            '<quick> <if> <agent> [has finished moving|has finished with|is through with'
            '|is finished carrying|is done carrying|has carried] <mine>'
        ),
        '<mine> [moved|shifted|carried off|in a new place] [already|]? <quick> [once it is|<so>]',
        (
            "<mine>, [once|if|as soon as|whenever] [it's somewhere else|it's moved|it moves"
            "|somebody moves it|it's been carried|the arm moves it|it changes place]"
        ),
        (
            '[I put|I placed|we left] <mine> [there|here|where it is now]. <quick> <if> <who>'
            ' <shifts> it'
        ),
        (
            '<if> <mine> [gets|is] [picked up|lifted|carried] and [put down|left|set]'
            ' [somewhere else'
            '|at another place|in a new spot], <quick>'
        ),
        (
            "as long as <mine> [stays where it is|isn't moved|stays put|keeps its place], <hush>."
            ' [once it is moved|otherwise|when it has moved], <quick>'
        ),
        (
            '<who> [will|is going to|is about to|wants to] <shift> <mine>. <quick>'
            " [when they have|once it is done|when it's done]"
        ),
        'does <mine> [keep its place|stay there|stay in its place]? <quick> [if not|when not]',
        '<word> [please|pls|] <if> <mine> [is moved|changes place|has a new place|gets moved]',
        "[don't|do not|never] let <who> <shift> <mine>, <quick> [if they do|if it happens]",
    ),
    'touch': (
        '<quick> <if> <who> <presses> <mine> <against> <bricks>',
        '<if> <who> <presses> <mine> <against> <bricks>, then <quick>',
        '<quick> <if> <mine> <bangs> <bricks>',
        '<if> <mine> <bangs> <bricks>, <quick>',
        'has <who> <pressed> <mine> <against> <bricks> [yet|]? <quick> [once they have|<so>]',
        'did <who> <press> <mine> <against> <bricks>? <quick> [once they did|<so>]',
        (
            '<mine> [should|may|ought to|is meant to] [not|never] [touch|get to|reach|be at]'
            ' <bricks>.'
            ' <quick> [if it does|when it does|otherwise]'
        ),
        (
            '[keep <mine> away from|<mine> should keep away from|<mine> must stay clear of]'
            ' <bricks>,'
            " <quick> [if it gets there|when it touches|if it doesn't]"
        ),
        (
            'is <mine> still [away from|off|not at|short of] <bricks>? <quick> [when|once|if]'
            " [it isn't|not|it gets there|it touches]"
        ),
        'is <mine> [at|against] <bricks> [now|already|by now]? <quick> [once it is|<so>]',
        (
            "<mine>, [once|if|as soon as|the moment] [it's at|it gets to|it touches|it hits"
            '|it reaches|somebody puts it at] <bricks>'
        ),
        '<mine> [at|against|touching|on] <bricks>? <quick> [once it is|<so>]',
        '<bricks> and <mine> [in contact|together|meeting|in touch]: <quick>',
        'contact between <mine> and <bricks>: <quick>',
        (
            "as long as <mine> [is off|stays off|isn't at|keeps away from] <bricks>, <hush>."
            ' [otherwise|once it touches|when it is], <quick>'
        ),
        (
            '<guess> <mine> [will|is about to|may] [hit|touch|reach|bump into] <bricks> [<soon>|].'
            ' <quick> [if so|when it happens|once it has]'
        ),
        (
            '<who> [will|is going to|is about to] <press> <mine> <against> <bricks>. <quick>'
            " [once it's there|when it touches]"
        ),
        (
            '<quick> <if> <mine> [is stopped by|comes to a stop at|ends up at|has made it to]'
            ' <bricks>'
        ),
        '<word> [please|pls|] <if> <mine> [touches|is at|hits] <bricks>',
        "[don't|do not|never] let <mine> [touch|hit|get to] <bricks>, <quick> if it does",
    ),
}
