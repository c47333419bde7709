using System.Text.Json;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Messages.Templates;

namespace Marketplace.Messages.Outgoing;

/// <summary>Writes messages in the caller's transaction: all of a call in one statement.</summary>
internal sealed class QueueNotices(Database database, Secrets secrets) : INotices
{
    public async Task Send(IReadOnlyList<Notice> notices, CancellationToken cancel)
    {
        if (notices.Count == 0)
        {
            return;
        }

        var fallback = notices.All(notice => notice.Language is not null)
            ? "ru"
            : await database.Value<string>($"select case country when 'KG' then 'ky' else 'kk' end from kernel.tenant where id = kernel.tenant()", cancel)
              ?? "ru";
        var rows = notices.Select(notice => new Row(notice, notice.Language ?? fallback, secrets)).ToList();
        await database.Execute($"""
            insert into messages.message (id, template, "values", person, phone_sealed, phone_index, language, text_sealed)
            select id, template, given::jsonb, person, phone_sealed, phone_index, language, text_sealed
              from unnest({rows.Select(row => row.Id).ToArray()}, {rows.Select(row => row.Template).ToArray()},
                          {rows.Select(row => row.Values).ToArray()}, {rows.Select(row => row.Person).ToArray()},
                          {rows.Select(row => row.PhoneSealed).ToArray()}, {rows.Select(row => row.PhoneIndex).ToArray()},
                          {rows.Select(row => row.Language).ToArray()}, {rows.Select(row => row.TextSealed).ToArray()})
                   as one (id, template, given, person, phone_sealed, phone_index, language, text_sealed)
            """, cancel);
    }

    private sealed class Row
    {
        public Row(Notice notice, string language, Secrets secrets)
        {
            Id = Guid.CreateVersion7();
            Template = notice.Template;
            Language = language;
            var template = MessageTemplates.Known.Find(notice.Template);
            Values = template.Secret ? "{}" : JsonSerializer.Serialize(notice.Values);
            TextSealed = secrets.Seal("message", template.Text(language, notice.Values), Id);
            Person = notice.Person?.Value;
            if (notice.Phone is { } phone)
            {
                PhoneSealed = secrets.Seal("phone", phone, Id);
                PhoneIndex = secrets.Hmac("message-phone", phone);
            }
        }

        public Guid Id { get; }

        public string Template { get; }

        public string Values { get; }

        public Guid? Person { get; }

        public byte[]? PhoneSealed { get; }

        public byte[]? PhoneIndex { get; }

        public string Language { get; }

        public byte[] TextSealed { get; }
    }
}
