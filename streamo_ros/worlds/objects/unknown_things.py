# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Words for things that the detector does not know, so that the model learns to say so."""

from __future__ import annotations

import numpy as np

from streamo_ros.worlds.draws import pick

_THINGS = """
kettle door window lamp light switch plug socket cable wall floor ceiling roof stairs shelf
cupboard drawer freezer counter pot pan plate jar can towel sponge basket bucket bin trash printer
paper pen pencil letter parcel package tray pallet crate container carton bread butter cheese milk
water coffee tea sugar salt egg meat rice soup food drink fruit vegetable breakfast lunch dinner
meal robot arm gripper sensor camera lens motor wheel joint battery charger drone belt conveyor
machine tool hammer screw screwdriver drill wrench nut bolt pipe hose valve tank engine button
lever handle lid cover rope chain hook tape glue label marker tag barcode alarm siren smoke fire
flame spark steam leak flood spill crack dust animal tree flower grass leaf fish snake lizard frog
turtle rabbit hamster squirrel fox wolf lion tiger monkey goat pig chicken goose swan owl eagle
parrot butterfly bee spider ant mosquito snail worm crab shark whale dolphin penguin camel
kangaroo deer hedgehog mole bat rat rocket helicopter balloon submarine tractor bulldozer
excavator crane forklift ambulance tricycle wheelchair stroller pram sled ladder fence gate bridge
tower castle tent flag statue fountain chimney mailbox lamppost signpost barrel box cone ring cube
pyramid pillow blanket curtain carpet rug mirror painting poster candle lighter match ashtray
cigarette pipe hat cap helmet shirt jacket coat trousers jeans skirt dress shoe boot sandal sock
glove scarf belt ring necklace bracelet earring watch glasses sunglasses mask vest uniform badge
key lock card money coin wallet ticket passport newspaper magazine envelope stamp folder stapler
ruler eraser calculator projector speaker headphones microphone guitar piano violin drum trumpet
flute radio antenna router cable tablet console joystick puzzle doll puppet robot dice chess
kennel cage aquarium broom mop vacuum iron brush comb razor soap shampoo toothpaste mirror bathtub
shower tap faucet pump heater fan fireplace radiator thermostat blender mixer grill toaster kettle
teapot jug thermos straw napkin tablecloth ladle whisk grater peeler colander corkscrew lemon lime
grape melon pear peach plum cherry strawberry blueberry pineapple mango kiwi coconut tomato potato
onion garlic pepper cucumber lettuce cabbage corn pumpkin mushroom bean pea nut pasta noodle
pancake waffle muffin cookie biscuit candy chocolate popcorn chips cereal yogurt honey jam sausage
ham steak shrimp lobster sushi taco burrito shovel spade rake axe saw pliers chisel nail
wheelbarrow rifle gun pistol sword shield arrow bow bomb grenade telescope microscope compass
globe map hourglass anchor paddle oar buoy net parachute surfer trophy medal whistle racquet
golfer hockey puck hurdle dumbbell treadmill trampoline swing slide seesaw sandbox scarecrow
snowman icicle crown throne tombstone anvil
"""
_PARTS = (
    'b',
    'bl',
    'br',
    'c',
    'ch',
    'd',
    'dr',
    'f',
    'fl',
    'g',
    'gr',
    'h',
    'j',
    'k',
    'l',
    'm',
    'n',
)
_STARTS = (*_PARTS, 'p', 'pl', 'qu', 'r', 's', 'sh', 'sk', 'st', 't', 'th', 'tr', 'v', 'w', 'z')
_MIDDLES = ('a', 'e', 'i', 'o', 'u', 'ai', 'ea', 'ee', 'oo', 'ou', 'y')
_ENDS = (
    '',
    'b',
    'ck',
    'd',
    'ff',
    'g',
    'l',
    'll',
    'm',
    'n',
    'nd',
    'ng',
    'p',
    'r',
    'rt',
    's',
    't',
    'x',
)
_HELD_OUT_EVERY = 4
_INVENTED = 0.4


def all_things() -> tuple[str, ...]:
    """Words for things that are not known; a few of them may be words of kinds, too."""
    return tuple(dict.fromkeys(_THINGS.split()))


def unknown_things(known: frozenset[str], *, held_out: bool) -> tuple[str, ...]:
    """Words for things that are not known.

    Args:
        known: words that are.
        held_out: those that training never uses; otherwise the others.
    """
    words = [word for word in all_things() if word not in known]
    return tuple(word for k, word in enumerate(words) if (k % _HELD_OUT_EVERY == 0) == held_out)


def draw_unknown(rng: np.random.Generator, words: tuple[str, ...], known: frozenset[str]) -> str:
    """One of the words, or one that does not exist."""
    if rng.random() >= _INVENTED:
        return pick(rng, words)
    while True:
        word = ''.join(
            pick(rng, _STARTS) + pick(rng, _MIDDLES) + pick(rng, _ENDS)
            for _ in range(int(rng.integers(1, 4)))
        )
        if 3 <= len(word) <= 11 and word not in known:
            return word
