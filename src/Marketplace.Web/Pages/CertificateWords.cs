using Marketplace.Certification;

namespace Marketplace.Web.Pages;

/// <summary>The words of the certificate's page in one language.</summary>
internal sealed record CertificateWords(
    string Title, string Languages, string NotFound, string Product, string Village, string Quantity, string Left, string Issuer, string Scheme, string Valid,
    IReadOnlyDictionary<CertificateState, string> States, IReadOnlyDictionary<string, string> Units)
{
    private static readonly Dictionary<string, CertificateWords> All = new(StringComparer.Ordinal)
    {
        ["en"] = new("Certificate", "Languages", "There is no such certificate.", "Product", "Village", "Certified", "Left to sell", "Issued by", "Scheme", "Valid",
            In("Genuine and valid", "Suspended: do not buy now", "Withdrawn: do not buy", "Expired", "Used up", "Replaced by another certificate"),
            Of("kg", "l", "pieces")),
        ["ru"] = new("Сертификат", "Языки", "Такого сертификата нет.", "Продукция", "Село", "Сертифицировано", "Осталось к продаже", "Выдан", "Схема", "Действует",
            In("Подлинный, действует", "Приостановлен: сейчас не покупайте", "Отозван: не покупайте", "Срок истёк", "Количество исчерпано", "Заменён другим сертификатом"),
            Of("кг", "л", "шт.")),
        ["kk"] = new("Сертификат", "Тілдер", "Мұндай сертификат жоқ.", "Өнім", "Ауыл", "Сертификатталған", "Сатуға қалғаны", "Берген", "Схема", "Қолданылу мерзімі",
            In("Шынайы, жарамды", "Тоқтатылған: қазір сатып алмаңыз", "Қайтарып алынған: сатып алмаңыз", "Мерзімі өткен", "Мөлшері таусылған", "Басқа сертификатпен ауыстырылған"),
            Of("кг", "л", "дана")),
        ["ky"] = new("Сертификат", "Тилдер", "Мындай сертификат жок.", "Азык", "Айыл", "Сертификатталган", "Сатууга калганы", "Берген", "Схема", "Жарактуу мөөнөтү",
            In("Чыныгы, жарактуу", "Токтотулган: азыр сатып албаңыз", "Кайтарылып алынган: сатып албаңыз", "Мөөнөтү өткөн", "Көлөмү түгөнгөн", "Башка сертификат менен алмаштырылган"),
            Of("кг", "л", "даана")),
    };

    public static CertificateWords In(string language) => All[language];

    private static Dictionary<CertificateState, string> In(string active, string suspended, string withdrawn, string expired, string depleted, string replaced) => new()
    {
        [CertificateState.Active] = active,
        [CertificateState.Suspended] = suspended,
        [CertificateState.Withdrawn] = withdrawn,
        [CertificateState.Expired] = expired,
        [CertificateState.Depleted] = depleted,
        [CertificateState.Replaced] = replaced,
    };

    private static Dictionary<string, string> Of(string kilogram, string litre, string piece) =>
        new(StringComparer.Ordinal) { ["KGM"] = kilogram, ["LTR"] = litre, ["H87"] = piece };
}
