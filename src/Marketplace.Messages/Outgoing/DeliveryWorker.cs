using Marketplace.Contracts;
using Marketplace.Kernel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Marketplace.Messages.Outgoing;

/// <summary>
/// Takes queued messages by lease, sends them outside any transaction and writes down what became of them: at least once each,
/// with the message's id for the partner to know a repetition by.
/// </summary>
internal sealed class DeliveryWorker(
    IServiceScopeFactory scopes, NpgsqlDataSource source, Secrets secrets, IEnumerable<IMessageChannel> channels, ILogger<DeliveryWorker> log)
    : BackgroundService
{
    private const int AtOnce = 100;
    private const int MostAttempts = 10;

    /// <summary>Sends everything that is due now; how many messages were taken.</summary>
    internal async Task<int> Pass(CancellationToken cancel)
    {
        var tenants = new List<(string Id, bool Sandbox)>();
        await using (var command = source.CreateCommand("select id, sandbox from kernel.tenant order by id"))
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                tenants.Add((reader.GetString(0), reader.GetBoolean(1)));
            }
        }

        var all = 0;
        foreach (var (tenant, sandbox) in tenants)
        {
            // Without a channel the messages wait: they are not lost and not marked as sent.
            if (channels.FirstOrDefault(channel => channel.Serves(tenant, sandbox)) is not { } channel)
            {
                continue;
            }

            int taken;
            do
            {
                taken = await PassOf(tenant, sandbox, channel, cancel);
                all += taken;
            }
            while (taken == AtOnce);
        }

        return all;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Rounds.Every(TimeSpan.FromSeconds(1), Pass, log, stoppingToken);

    private async Task<int> PassOf(string tenant, bool sandbox, IMessageChannel channel, CancellationToken cancel)
    {
        await using var scope = Tenants.Scope(scopes, tenant);
        var services = scope.ServiceProvider;
        var database = services.GetRequiredService<Database>();
        var people = services.GetRequiredService<IPeople>();
        var taken = await database.List<Taken>($"""
            update messages.message m set attempts = attempts + 1, next_try_at = now() + interval '1 minute'
              from (select id from messages.message where state = 'queued' and next_try_at <= now()
                     order by next_try_at, id limit {AtOnce} for update skip locked) due
             where m.id = due.id
            returning m.id, m.template, m.person, m.phone_sealed, m.text_sealed, m.attempts
            """, cancel);
        var phones = new Dictionary<Guid, string?>();
        foreach (var message in taken)
        {
            phones[message.Id] = message.PhoneSealed is { } held ? secrets.Open("phone", held, message.Id)
                : await people.PhoneOf(PersonId.From(message.Person!.Value), cancel);
        }

        await database.Commit(cancel);
        foreach (var message in taken)
        {
            var sent = false;
            if (phones[message.Id] is { } phone)
            {
                try
                {
                    await channel.Send(
                        new OutgoingMessage(message.Id, tenant, sandbox, message.Template, phone, secrets.Open("message", message.TextSealed, message.Id)),
                        cancel);
                    sent = true;
                }
                catch (Exception failure) when (failure is not OperationCanceledException)
                {
                    log.LogWarning("Message {Message} was not sent, attempt {Attempt}: {Reason}", message.Id, message.Attempts, failure.GetType().Name);
                }
            }

            var known = phones[message.Id];
            await database.Execute($"""
                update messages.message
                   set state = case when {sent} then 'sent' when attempts >= {MostAttempts} then 'failed' else 'queued' end::messages.message_state,
                       sent_at = case when {sent} then kernel.now() end,
                       next_try_at = now() + {TimeSpan.FromSeconds(Math.Pow(2, Math.Min(message.Attempts, 12)))},
                       phone_sealed = coalesce(phone_sealed, {(known is null ? null : secrets.Seal("phone", known, message.Id))}),
                       phone_index = coalesce(phone_index, {(known is null ? null : secrets.Hmac("message-phone", known))})
                 where id = {message.Id}
                """, cancel);
        }

        await database.Commit(cancel);
        return taken.Count;
    }

    private sealed record Taken(Guid Id, string Template, Guid? Person, byte[]? PhoneSealed, byte[] TextSealed, int Attempts);
}
