using Marketplace.Contracts;
using Marketplace.Kernel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Marketplace.Certification;

/// <summary>Ends cases whose applicant fell silent, and takes those whose correction is overdue to the decision.</summary>
internal sealed class CaseClock(IServiceScopeFactory scopes, ILogger<CaseClock> log) : BackgroundService
{
    /// <summary>Everything that is due now; how many cases were moved.</summary>
    internal async Task<int> Pass(CancellationToken cancel) =>
        await Rounds.WhileAny(scopes, ExpireOne, cancel) + await Rounds.WhileAny(scopes, LapseOne, cancel);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Rounds.Every(TimeSpan.FromSeconds(10), Pass, log, stoppingToken);

    private async Task<bool> ExpireOne(string tenant, CancellationToken cancel)
    {
        await using var scope = Tenants.Scope(scopes, tenant);
        var services = scope.ServiceProvider;
        var database = services.GetRequiredService<Database>();
        if (await CertificationApplication.FindDue(Sql.Of($"""
            stage in ('draft', 'returned_incomplete') and created_at < kernel.now() - interval '60 days' and certification.silent(application)
            """), database, cancel) is not { } application)
        {
            return false;
        }

        var expired = CertificationApplication.Next(application.Stage, CertificationStep.Expire)!.Value;
        await application.Move(expired, Sql.Of($""), new ApplicationExpired(application.Id), database, cancel);
        if (application.Stage != CertificationStage.Draft
            && await services.GetRequiredService<ILotAccounts>().TakeFromCertification(application.Lot, cancel) is { } busy)
        {
            throw new RefusedException(busy);
        }

        await services.GetRequiredService<ITasks>().CloseAll(application.Id.Value, cancel);
        await services.GetRequiredService<INotices>().Send([new Notice("application-expired", new Dictionary<string, string>
        {
            ["product"] = application.Product.Value,
        }, application.Head)], cancel);
        await database.Commit(cancel);
        return true;
    }

    private async Task<bool> LapseOne(string tenant, CancellationToken cancel)
    {
        await using var scope = Tenants.Scope(scopes, tenant);
        var services = scope.ServiceProvider;
        var database = services.GetRequiredService<Database>();
        if (await CertificationApplication.FindDue(Sql.Of($"""
            stage = 'nonconformity_open' and not exists (select from certification.pause p where p.application = application.id and p.ended_at is null)
            and exists (select from certification.nonconformity_now n
                         where n.application = application.id and n.severity = 'major' and not n.settled and not n.pending and n.due_now <= kernel.now())
            """), database, cancel) is not { } application)
        {
            return false;
        }

        var decision = CertificationApplication.Next(application.Stage, CertificationStep.Lapse)!.Value;
        await CaseWork.GoOn(application, decision, Sql.Of($""), new CorrectionLapsed(application.Id), [CaseTask.Correct, CaseTask.Verify], database,
            services.GetRequiredService<ITasks>(), cancel);
        await database.Commit(cancel);
        return true;
    }
}
