"""The launcher behind `./pants`: sets Pants up in a cache folder, then becomes Pants.

Only the standard library may be imported here, and the code must run on CPython 3.8 and newer:
it starts on machines that have nothing else.
"""
