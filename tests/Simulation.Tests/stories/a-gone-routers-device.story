# Twins: the device of one VPC's dead router still has the prefix, the other VPC's is approved for it meanwhile, and the first gets a new router.
seed 2917
vpc 0 5 0
launch 0 0 1
vpc 0 5 0
launch 1 0 1
wait 2 0 0
scale-in 0 0 1
wait 5 0 0
kill 0 0 0
launch 0 0 1
wait 3 0 0
launch 1 0 4
