using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Catalogue.Offers;

/// <summary>Names the certificate that speaks for an offer from now on.</summary>
internal sealed class RenewWhenReplaced(Database database) : ISubscriber<CertificateReplaced>
{
    // Deliveries have no order: of two successors, the later one's id is the greater one.
    public Task When(CertificateReplaced happened, Envelope envelope, CancellationToken cancel) => database.Execute($"""
        update catalogue.offer set certificate_id = {happened.Certificate}, certificate_serial = {happened.Serial}, listed = true
         where lot_id = {happened.Lot} and certificate_id < {happened.Certificate}
        """, cancel);
}
