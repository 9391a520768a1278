# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The 80 kinds of things that the detector knows, in COCO's order, and what people call them.

Source: the categories of COCO (Lin et al., arXiv 1405.0312), in the order of its 2017 annotations.
"""

from __future__ import annotations

from dataclasses import dataclass

_TABLE = """
person/people: human/humans man/men woman/women child/children kid/kids boy/boys girl/girls
  guy/guys lady/ladies adult/adults pedestrian/pedestrians visitor/visitors someone/ somebody/
  anybody/ anyone/
bicycle/bicycles: bike/bikes cycle/cycles pushbike/pushbikes
car/cars: automobile/automobiles auto/autos sedan/sedans taxi/taxis cab/cabs
motorcycle/motorcycles: motorbike/motorbikes scooter/scooters moped/mopeds
airplane/airplanes: plane/planes aeroplane/aeroplanes aircraft/ jet/jets airliner/airliners
bus/buses: coach/coaches minibus/minibuses
train/trains: locomotive/locomotives tram/trams
truck/trucks: lorry/lorries pickup/pickups van/vans
boat/boats: ship/ships sailboat/sailboats ferry/ferries canoe/canoes yacht/yachts
traffic_light/traffic_lights: stoplight/stoplights traffic_signal/traffic_signals
fire_hydrant/fire_hydrants: hydrant/hydrants
stop_sign/stop_signs:
parking_meter/parking_meters:
bench/benches: park_bench/park_benches
bird/birds: pigeon/pigeons crow/crows sparrow/sparrows seagull/seagulls duck/ducks
cat/cats: kitten/kittens kitty/kitties pussycat/pussycats
dog/dogs: puppy/puppies hound/hounds doggy/doggies
horse/horses: pony/ponies foal/foals stallion/stallions
sheep/sheep: lamb/lambs ewe/ewes
cow/cows: bull/bulls calf/calves ox/oxen
elephant/elephants:
bear/bears: grizzly/grizzlies
zebra/zebras:
giraffe/giraffes:
backpack/backpacks: rucksack/rucksacks knapsack/knapsacks schoolbag/schoolbags
umbrella/umbrellas: parasol/parasols
handbag/handbags: purse/purses bag/bags
tie/ties: necktie/neckties
suitcase/suitcases: trolley_case/trolley_cases luggage/
frisbee/frisbees:
skis/skis: ski/skis
snowboard/snowboards:
sports_ball/sports_balls: ball/balls football/footballs basketball/basketballs
  tennis_ball/tennis_balls
kite/kites:
baseball_bat/baseball_bats:
baseball_glove/baseball_gloves:
skateboard/skateboards:
surfboard/surfboards:
tennis_racket/tennis_rackets: racket/rackets
bottle/bottles: flask/flasks water_bottle/water_bottles
wine_glass/wine_glasses: glass/ wineglass/wineglasses goblet/goblets
cup/cups: mug/mugs coffee_cup/coffee_cups teacup/teacups
fork/forks:
knife/knives:
spoon/spoons: teaspoon/teaspoons
bowl/bowls: basin/basins
banana/bananas:
apple/apples:
sandwich/sandwiches: burger/burgers
orange/oranges: tangerine/tangerines mandarin/mandarins
broccoli/broccoli:
carrot/carrots:
hot_dog/hot_dogs: hotdog/hotdogs
pizza/pizzas:
donut/donuts: doughnut/doughnuts
cake/cakes: pie/pies
chair/chairs: seat/seats stool/stools armchair/armchairs
couch/couches: sofa/sofas settee/settees
potted_plant/potted_plants: plant/plants houseplant/houseplants
bed/beds: mattress/mattresses
dining_table/dining_tables: table/tables desk/desks
toilet/toilets:
tv/tvs: television/televisions monitor/monitors television_set/television_sets
laptop/laptops: notebook/notebooks computer/computers
mouse/mice: computer_mouse/computer_mice
remote/remotes: remote_control/remote_controls
keyboard/keyboards:
cell_phone/cell_phones: phone/phones mobile/mobiles smartphone/smartphones cellphone/cellphones
  telephone/telephones mobile_phone/mobile_phones
microwave/microwaves: microwave_oven/microwave_ovens
oven/ovens: stove/stoves
toaster/toasters:
sink/sinks: washbasin/washbasins
refrigerator/refrigerators: fridge/fridges
book/books: textbook/textbooks
clock/clocks:
vase/vases:
scissors/scissors:
teddy_bear/teddy_bears: teddy/teddies stuffed_toy/stuffed_toys
hair_drier/hair_driers: hairdryer/hairdryers
toothbrush/toothbrushes:
"""
_BARE = ('someone', 'somebody', 'anybody', 'anyone', 'luggage', 'broccoli', 'scissors', 'skis')
"""Words without an article."""


@dataclass(frozen=True)
class Word:
    """What people call a thing.

    Attributes:
        one: for one of them, such as 'person'.
        many: for several, such as 'people'; '' where nobody says so.
    """

    one: str
    many: str

    @property
    def article(self) -> str:
        """'a ', 'an ', or '' before a word that takes none."""
        if self.one in _BARE:
            return ''
        return 'an ' if self.one[0] in 'aeiou' and self.one[:2] != 'ew' else 'a '


@dataclass(frozen=True)
class ObjectKind:
    """A kind of things.

    Attributes:
        index: place in COCO's order, from 0.
        word: its name in COCO, and that of several.
        synonyms: other words for it.
    """

    index: int
    word: Word
    synonyms: tuple[Word, ...]

    @property
    def name(self) -> str:
        """Its name in COCO."""
        return self.word.one

    @property
    def words(self) -> tuple[Word, ...]:
        """All words for it, its name first."""
        return self.word, *self.synonyms


def _word(text: str) -> Word:
    one, _, many = text.replace('_', ' ').partition('/')
    return Word(one, many)


def _kind(index: int, line: str) -> ObjectKind:
    name, _, synonyms = line.partition(':')
    return ObjectKind(index, _word(name), tuple(map(_word, synonyms.split())))


KINDS: tuple[ObjectKind, ...] = tuple(
    _kind(index, line)
    for index, line in enumerate(_TABLE.replace('\n  ', ' ').strip().splitlines())
)
