"""The server: FedAvg, inside the strategy that reads frames and records rounds."""

import torch
from flwr.app import ArrayRecord, Context, MetricRecord
from flwr.serverapp import Grid, ServerApp
from flwr.serverapp.strategy import FedAvg
from task import accuracy, holders, net

from fedsz_privacy.data import load_data
from fedsz_privacy.flower import FedSZStrategy

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:
    """Average the clients' updates, and measure the model after each round."""
    test = load_data("digits").test
    torch.manual_seed(0)
    model = net(test.shape, test.task.outputs)
    clients = int(context.run_config["clients"])
    average = FedAvg(fraction_evaluate=0.0, min_train_nodes=clients, min_available_nodes=clients)
    strategy = FedSZStrategy(average)
    if folder := str(context.run_config["record"]):
        strategy = FedSZStrategy(average, record=folder, model="task:net", data="digits", members=holders(clients))

    def evaluate(_: int, arrays: ArrayRecord) -> MetricRecord:
        model.load_state_dict(arrays.to_torch_state_dict())
        return MetricRecord({"accuracy": accuracy(model, test)})

    rounds = int(context.run_config["rounds"])
    strategy.start(grid, ArrayRecord(model.state_dict()), num_rounds=rounds, evaluate_fn=evaluate)
