# The role is taken off an instance that our hook holds: nothing will come of waiting, and the hook is answered.
seed 2
vpc 0 2 0
launch 0 0 1
role 0 0 0
