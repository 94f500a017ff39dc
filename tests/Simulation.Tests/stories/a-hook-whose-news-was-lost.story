# All events of a launch are lost: a look hands the hook over before it times out.
seed 9
vpc 0 0 0
lose-events 5 0 0
launch 0 0 1
