using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Catalogue.Offers;

/// <summary>Takes a lot out of sight with its certificate, and back with it. Not the guard: a held lot is never found, whatever stands here.</summary>
internal sealed class DelistWhenCertificateEnds(Database database) : ISubscriber<CertificateStateChanged>
{
    // A certificate that was replaced by another of the same lot no longer speaks for the offer.
    public Task When(CertificateStateChanged happened, Envelope envelope, CancellationToken cancel) => database.Execute($"""
        update catalogue.offer set listed = {happened.State == "active"}
         where lot_id = {happened.Lot} and certificate_id = {happened.Certificate} and listed <> {happened.State == "active"}
        """, cancel);
}
