using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Orders.Allocations;

/// <summary>Starts the first round of a placed order.</summary>
internal sealed class AllocateWhenPlaced(AllocateOrder allocate) : ISubscriber<OrderPlaced>
{
    public Task When(OrderPlaced happened, Envelope envelope, CancellationToken cancel) => allocate.Round(happened.Order, cancel);
}

/// <summary>Asks further households for what one did not promise, and makes the order firm after the last answer.</summary>
internal sealed class RefillWhenAnswered(AllocateOrder allocate) : ISubscriber<PromiseAnswered>
{
    public Task When(PromiseAnswered happened, Envelope envelope, CancellationToken cancel) => allocate.Round(happened.Order, cancel);
}

/// <summary>Asks further households for what a suspended or withdrawn certificate took away, even when the order was firm.</summary>
internal sealed class RefillWhenStopped(AllocateOrder allocate) : ISubscriber<PromiseStopped>
{
    public Task When(PromiseStopped happened, Envelope envelope, CancellationToken cancel) => allocate.Refill(happened.Order, cancel);
}

/// <summary>Opens a firm order again whose household took its answer back.</summary>
internal sealed class RefillWhenReopened(AllocateOrder allocate) : ISubscriber<PromiseReopened>
{
    public Task When(PromiseReopened happened, Envelope envelope, CancellationToken cancel) => allocate.Refill(happened.Order, cancel);
}
