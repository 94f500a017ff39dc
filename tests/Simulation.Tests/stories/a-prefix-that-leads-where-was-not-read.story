# A router of one VPC serves another over a peering; a third gets the same addresses, and a look cannot read the peerings: they are not the third's.
seed 16717
vpc 859 14 968
launch 710 738 587
vpc 131 716 578
launch 745 657 798
vpc 471 852 354
launch 911 823 900
attach 215 485 563
outage 432 213 779
peer 595 987 194
wait 786 810 245
wait 718 942 785
kill-function 291 456 26
vpc 574 400 640
cidr 454 902 103
wait 341 344 329
delete-vpc 591 808 581
lost-answer 918 915 111
wait 206 265 284
