"""Random names for runs and models that come without one: `calm-otter-417`."""

from __future__ import annotations

import random

ADJECTIVES = (
    "able amber ample basic bold brave bright brisk calm candid casual clean clear clever cosy crisp curious daring "
    "dapper deep eager early easy fair fast fine firm fleet fond frank free fresh gentle glad golden grand handy happy "
    "hardy honest humble icy jolly keen kind lasting level light lively loyal lucid lucky mellow merry mild modest "
    "neat nimble noble open patient plain polite proud quick quiet rapid ready robust rustic serene sharp silent "
    "silver sincere sleek smart smooth snug solid spry stable steady still stoic strong subtle sunny swift tidy "
    "tender trusty upbeat valiant vivid warm wise witty worthy zesty"
).split()
ANIMALS = (
    "adder alpaca ant auk badger bat bear beaver bee bison boar bream bull buzzard camel carp cat civet cod "
    "colt condor coot cow crab crane cricket crow cub curlew deer dingo dog dolphin dove duck eagle eel eider "
    "elk emu falcon fawn ferret finch fish fly fowl fox frog gannet gecko gnu goat goose grouse gull hare hawk "
    "hen heron hog horse ibex ibis jackal jay kestrel kite koala lamb lark lemur lion lizard llama loon lynx "
    "marten mink mole moose moth mouse mule newt ostrich otter owl ox oyster panda perch pigeon pike pony "
    "puffin quail rabbit ram raven robin rook seal shad shark sheep shrew skink skunk slug snail snipe sparrow "
    "squid stag stoat stork swan swift tern tiger toad trout turtle viper vole walrus wasp weasel whale wolf "
    "wombat wren yak zebra"
).split()


_choice = random.choice  # Nothing hangs on nobody guessing a name.


def random_name() -> str:
    """A name of the form adjective-animal-number; not unique, since names need not be."""
    return f"{_choice(ADJECTIVES)}-{_choice(ANIMALS)}-{_choice(range(1000))}"
