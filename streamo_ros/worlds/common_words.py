# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Common English words that are single tokens in the embedded model's tokenizer.

Words of the training instructions may be among them; the tokenizer leaves those out.
"""

from __future__ import annotations

_WORDS = """
zero one two three four five six seven eight nine ten eleven twelve twenty thirty hundred thousand
half double both several few most none nobody nothing everyone everybody anyone anybody
he she they them him her us we his their who whom whose why where
and but or nor because while although unless since though than however maybe perhaps
above below under over beside behind beneath inside outside near far through across around along
between among toward towards without within upon past despite except opposite away back forward
left right top bottom middle center corner side edge front rear upper lower next previous
up down north south east west home indoors outdoors upstairs downstairs everywhere nowhere
today tomorrow yesterday morning evening night noon hour minute day week month year later earlier
early late soon never often sometimes usually rarely ever twice forever meanwhile suddenly
quickly slowly carefully quietly loudly nearly almost really very quite too enough also even
again together alone apart maybe fully partly clearly briefly finally firstly simply
kitchen bathroom bedroom office hallway room house garage garden door window floor ceiling roof
stairs wall shelf cupboard drawer fridge freezer oven stove sink counter kettle toaster microwave
pot pan plate bowl cup mug glass bottle jar can knife fork spoon towel sponge bag basket bucket
bin trash chair sofa bed lamp light switch plug socket cable clock phone keyboard mouse computer
laptop printer paper pen pencil book letter parcel package tray pallet crate container carton
apple banana orange bread butter cheese milk water coffee tea sugar salt egg meat rice soup cake
food drink fruit vegetable breakfast lunch dinner meal
robot arm gripper sensor camera lens motor wheel joint battery charger charging station drone belt
conveyor machine tool hammer screw screwdriver drill wrench nut bolt pipe hose valve tank engine
button lever handle lid cover rope chain hook tape glue label shape marker tag code barcode error
alarm siren smoke fire flame spark steam leak flood spill crack dust noise sound smell
person people man woman child kid baby boy girl friend guest visitor worker operator driver nurse
doctor teacher student customer stranger intruder crowd team family neighbour dog cat bird horse
cow fish animal plant tree flower grass leaf
car truck bus van bike bicycle motorcycle train plane boat ship forklift vehicle traffic road
street lane bridge gate fence yard park shop store factory warehouse hospital school station
airport building entrance exit parking lot field forest river lake sea beach hill mountain sky
cloud sun moon rain snow wind ice weather
red green blue yellow pink white black brown grey gray purple gold silver dark bright colourful
ball box cone star ring cube square circle triangle block cylinder line dot
big small large little tiny huge tall long short wide narrow thick thin heavy light round flat
full empty open closed shut clean dirty wet dry hot cold warm cool soft hard old young fresh broken
loose tight sharp safe dangerous busy free quiet loud fast slow high low good bad better best worse
wrong correct true false ready finished done lost found stuck asleep awake alive dead sick healthy
happy sad angry tired hungry strange usual unusual similar other special main important possible
boil boils cook cooks burn burns melt melts freeze pour pours fill fills wash washes cut cuts stir
mix eat eats drinks sleep sleeps sit sits stand stands walk walks jump jumps fall falls drop drops
throw throws catch catches push pushes pull pulls lift lifts carry hold holds grab release releases
pick opens close closes lock locks unlock knock rings press presses turn rotate spin
spins roll rolls slide slides bounce climb swim fly flies drive drives ride park parks stop stops
stopped started starts begins begin wake wakes wait waits work works play plays talk talks speak
speaks call calls wave waves smile laugh cry point points look looks watches hears listens
help helps need needs try tries use uses used using make made bring get got gave give gives took
go went came left kept keep held put said told asked answered thought knew want wanted think
feel believe remember understand learn teach show hide hides search buy sell pay build fix repair
break breaks clean cleans cover covers load loads unload stack stacks sort sorts deliver delivers
pass passes cross crosses blink blinks flash flashes shine turns glow ran running walking sitting
standing lying sleeping eating drinking cooking talking holding wearing opening closing falling
burning boiling driving waiting working playing reading writing
hat helmet shirt jacket coat shoe glove glasses mask vest uniform badge key card money
head face eye ear mouth hair neck shoulder back hand finger leg foot knee body
name word question story reason idea problem way part kind type group pair row level amount size
weight speed distance direction angle temperature pressure power energy world life job game music
news movie photo
not cannot could may might shall
"""
WORDS = tuple(dict.fromkeys(_WORDS.split()))
"""Lowercase, without duplicates."""

_CAPITALS = """
A An The This That These Those There Here He She They We It My Your Our Their Who Where Why If
While Since After Before Until Unless And But Or Not No Yes Please Thanks Hello Never Always
Someone Something Somebody Anyone Anything Nobody Nothing Everyone Everything Stop Start Begin
Help Find Show Open Close Turn Put Pick Bring Use Try
"""
CAPITALS = tuple(_CAPITALS.split())
"""Words that often begin a sentence, capitalized."""
