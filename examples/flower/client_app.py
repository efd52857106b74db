"""A client: it trains on its own digits, and its update leaves through a release."""

from flwr.app import ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.clientapp.typing import ClientAppCallable
from task import accuracy, net, records_of
from task import train as train_locally

from fedsz_privacy.flower import fedsz_mod


def release(message: Message, context: Context, call_next: ClientAppCallable) -> Message:
    """Send the update through the release that the run asks for."""
    return fedsz_mod(str(context.run_config["release"]))(message, context, call_next)


app = ClientApp(mods=[release])


@app.train()
def train(message: Message, context: Context) -> Message:
    """Train from the server's parameters."""
    records = records_of(int(context.node_config["partition-id"]), int(context.node_config["num-partitions"]))
    model = net(records.shape, records.task.outputs)
    model.load_state_dict(message.content["arrays"].to_torch_state_dict())
    train_locally(model, records, int(context.run_config["epochs"]), float(context.run_config["learning-rate"]))
    metrics = MetricRecord({"num-examples": len(records), "training-accuracy": accuracy(model, records)})
    return Message(RecordDict({"arrays": ArrayRecord(model.state_dict()), "metrics": metrics}), reply_to=message)
