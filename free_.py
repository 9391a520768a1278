import sys, numpy as np, torch, time, pathlib
torch.set_num_threads(2)
from streamo_ros.tiny.objects.recipe import ObjectsRun
from streamo_ros.tiny.objects.objects_config import ObjectsConfig, sizes
from streamo_ros.tiny.objects.network import ObjectNetwork
from streamo_ros.tiny.saved_parts import read_part
run=ObjectsRun(ObjectsConfig('/tmp/scratch/run'))
net=ObjectNetwork(sizes(run.config), run._tokenizer)
net.load_state_dict(net.state_dict()|read_part(pathlib.Path(sys.argv[1]))['ema']); net.eval()
c=run._family_checks(); t=time.time()
print({k:round(v,2) for k,v in c.figures(net).items()}, time.time()-t)
