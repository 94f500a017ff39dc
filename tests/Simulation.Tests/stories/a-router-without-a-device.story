# A person removes the device of the only router: its VPC's names lead to nobody, and a finding must say so.
seed 1
vpc 0 0 0
launch 0 0 1
wait 4 0 0
remove-device 0 0 0
