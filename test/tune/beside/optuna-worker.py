"""Real Optuna at work on a journal that others share: optuna-worker.py JOURNAL STUDY TRIALS

Prints what it has finished, one JSON line a trial: [number, value].
"""
import json
import random
import sys
import time

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

path, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
optuna.logging.set_verbosity(optuna.logging.WARNING)
storage = JournalStorage(JournalFileBackend(path))
study = optuna.create_study(
    study_name=name, storage=storage, load_if_exists=True, sampler=optuna.samplers.RandomSampler()
)


def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    for step in range(3):
        time.sleep(random.uniform(0, 0.06))
        trial.report(x + step, step)
    trial.set_user_attr("by", "optuna")
    return x


def say(study, trial):
    print(json.dumps([trial.number, trial.value]), flush=True)


study.optimize(objective, n_trials=count, callbacks=[say])
