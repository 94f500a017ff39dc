# The role is taken off a router that runs: nothing is taken from it, so its prefix is in use, and a newcomer may not have it too.
seed 224
vpc 0 2 0
launch 0 0 1
wait 4 0 0
vpc 0 0 0
launch 1 0 1
wait 3 0 0
role 0 0 0
cidr 1 2 0
wait 4 0 0
