"""The configurations of study-configs.json with Optuna (enqueued trials, a journal) and PyTorch.

Two processes of one thread each. torch_study.py alone runs the study and prints its seconds;
with the path of the journal it is one of the two workers.
"""
import json
import os
import subprocess
import sys
import tempfile
import time

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
HERE = os.path.dirname(os.path.abspath(__file__))
N, T, I, OUT, EPOCHS = 3800, 28, 9, 7, 10

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

optuna.logging.set_verbosity(optuna.logging.ERROR)


def lead():
    start = time.time()
    log = os.path.join(tempfile.mkdtemp(), "study.log")
    study = optuna.create_study(storage=JournalStorage(JournalFileBackend(log)), study_name="s")
    with open(os.path.join(HERE, "study-configs.json")) as file:
        for config in json.load(file):
            study.enqueue_trial(config)
    workers = [subprocess.Popen([sys.executable, __file__, log]) for _ in range(2)]
    for worker in workers:
        worker.wait()
    states = "".join(trial.state.name[0] for trial in study.get_trials())
    print(json.dumps(dict(seconds=time.time() - start, states=states)))


def work(log):
    import numpy as np
    import torch

    torch.set_num_threads(1)
    i = np.arange(N * T * I)
    x = torch.tensor((np.sin(i * 0.37) + 0.1 * np.sin(i * 12.9898)).astype("f4").reshape(N, T, I))
    y = torch.tensor(np.sin(np.arange(N * OUT) * 0.11).astype("f4").reshape(N, OUT))
    study = optuna.load_study(storage=JournalStorage(JournalFileBackend(log)), study_name="s")

    class Net(torch.nn.Module):
        def __init__(self, units, layers, dropout):
            super().__init__()
            between = dropout if layers > 1 else 0
            self.lstm = torch.nn.LSTM(I, units, num_layers=layers, batch_first=True, dropout=between)
            self.dropout = torch.nn.Dropout(dropout)
            self.dense = torch.nn.Linear(units, OUT)

        def forward(self, x):
            return self.dense(self.dropout(self.lstm(x)[0][:, -1]))

    def objective(trial):
        units = trial.suggest_int("units", 16, 128)
        layers = trial.suggest_int("layers", 1, 3)
        rate = trial.suggest_float("rate", 1e-4, 1e-1, log=True)
        batch = trial.suggest_categorical("batch", [32, 64, 128])
        dropout = trial.suggest_float("dropout", 0, 0.6)
        torch.manual_seed(1)
        net = Net(units, layers, dropout)
        optimizer = torch.optim.Adam(net.parameters(), rate)
        for _ in range(EPOCHS):
            order = torch.randperm(N)
            total = 0
            for k in range(0, N, batch):
                rows = order[k : k + batch]
                optimizer.zero_grad()
                loss = ((net(x[rows]) - y[rows]) ** 2).mean()
                loss.backward()
                optimizer.step()
                total += loss.item() * len(rows)
        return total / N

    def begun():
        return sum(t.state.is_finished() or t.state.name == "RUNNING" for t in study.get_trials())

    with open(os.path.join(HERE, "study-configs.json")) as file:
        count = len(json.load(file))
    while begun() < count:
        study.optimize(objective, n_trials=1)


lead() if len(sys.argv) == 1 else work(sys.argv[1])
