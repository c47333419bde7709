using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Oversight.Funnels;

/// <summary>Counts every event that moved something along the chain.</summary>
internal sealed class CountWhenHappened(ChainFacts facts)
    : ISubscriber<HouseholdRegistered>, ISubscriber<LotDeclared>, ISubscriber<ApplicationSubmitted>, ISubscriber<CertificateIssued>, ISubscriber<LotListed>,
      ISubscriber<LotAllocated>, ISubscriber<PromiseAnswered>, ISubscriber<PromiseReopened>, ISubscriber<LotReceived>, ISubscriber<HouseholdPaid>
{
    public Task When(HouseholdRegistered happened, Envelope envelope, CancellationToken cancel) => Count(happened, envelope, cancel);

    public Task When(LotDeclared happened, Envelope envelope, CancellationToken cancel) => Count(happened, envelope, cancel);

    public Task When(ApplicationSubmitted happened, Envelope envelope, CancellationToken cancel) => Count(happened, envelope, cancel);

    public Task When(CertificateIssued happened, Envelope envelope, CancellationToken cancel) => Count(happened, envelope, cancel);

    public Task When(LotListed happened, Envelope envelope, CancellationToken cancel) => Count(happened, envelope, cancel);

    public Task When(LotAllocated happened, Envelope envelope, CancellationToken cancel) => Count(happened, envelope, cancel);

    public Task When(PromiseAnswered happened, Envelope envelope, CancellationToken cancel) => Count(happened, envelope, cancel);

    public Task When(PromiseReopened happened, Envelope envelope, CancellationToken cancel) => facts.Reopen(envelope.Stream, envelope.Number, cancel);

    public Task When(LotReceived happened, Envelope envelope, CancellationToken cancel) => Count(happened, envelope, cancel);

    public Task When(HouseholdPaid happened, Envelope envelope, CancellationToken cancel) => Count(happened, envelope, cancel);

    private Task Count(object happened, Envelope envelope, CancellationToken cancel) => ChainMove.Of(happened) is { } move
        ? facts.Write([(envelope.Stream, envelope.Number, envelope.RecordedAt, move)], cancel)
        : Task.CompletedTask;
}
