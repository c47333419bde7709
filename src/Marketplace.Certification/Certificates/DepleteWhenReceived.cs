using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>
/// Ends a certificate when everything it certified arrived at buyers. Not at the scale: goods still have to leave with a live certificate.
/// </summary>
internal sealed class DepleteWhenReceived(Database database) : ISubscriber<LotReceived>
{
    public async Task When(LotReceived happened, Envelope envelope, CancellationToken cancel)
    {
        // What was missing at the scale left the certified quantity there: delivered and certified meet however much was lost.
        var used = await database.Find<Certificate>($"""
            select {Certificate.Columns} from certification.certificate c join supply.public_lot_account a on a.lot_id = c.lot
             where c.lot = {happened.Lot} and c.state = 'active' and a.reserved + a.promised = 0 and a.delivered = a.certified
               and not exists (select from logistics.public_tender t where t.lot_id = c.lot and t.accepted is null)
             for update of c
            """, cancel);
        if (used is not null)
        {
            await used.Move(Certificate.Next(used.State, CertificateStep.Deplete)!.Value, "Everything certified was delivered.", database, cancel);
        }
    }
}
