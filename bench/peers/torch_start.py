"""From the start of the process to a model that has trained one step; prints its peak memory in MB."""
import resource

import torch

torch.set_num_threads(1)
lstm = torch.nn.LSTM(8, 32, batch_first=True)
dense = torch.nn.Linear(32, 1)
optimizer = torch.optim.Adam([*lstm.parameters(), *dense.parameters()])
loss = (dense(lstm(torch.randn(32, 50, 8))[0][:, -1]) ** 2).mean()
loss.backward()
optimizer.step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
