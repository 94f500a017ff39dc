# An instance dies without a word, is cleared away, and is registered once more by a function that EC2 still tells of it: its first key must not stay.
seed 1072
vpc 654 535 847
launch 178 730 647
wait 613 748 94
lag 233 900 720
wait 414 144 598
kill 779 153 148
wait 753 411 845
