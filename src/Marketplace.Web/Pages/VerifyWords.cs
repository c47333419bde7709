using Marketplace.Certification;

namespace Marketplace.Web.Pages;

/// <summary>The words of the verifier in one language; those it shares with the certificate's page are that page's.</summary>
internal sealed record VerifyWords(
    CertificateWords Page, string Title, string Text, string Check, string Camera, string CameraFails, string NoScript, string Lot, string StatusOf,
    string Fetched, string Hours, string None, string Compare, IReadOnlyList<(string Standing, string Sentence)> Standings)
{
    private static readonly string[] Order =
        ["genuine", "not_yet_valid", "expired", "suspended", "withdrawn", "status_unknown", "revoked_key", "unknown_key", "forged", "not_a_label"];

    private static readonly Dictionary<string, VerifyWords> All = new(StringComparer.Ordinal)
    {
        ["en"] = new(CertificateWords.In("en"), "Check a label", "Text of the QR code", "Check", "Use the camera", "The camera cannot be used. Paste the text instead.",
            "This page needs JavaScript. Without it, open the certificate by the number under the QR code:", "Lot", "Status known as of",
            "Lists fetched", "{0} h ago", "No lists yet: open this page once with a network.",
            "A copied label stays genuine: compare product, village and quantity with the goods.",
            Of("Genuine and valid", "Genuine, but not valid yet", "Expired", "Suspended: do not buy now", "Withdrawn or replaced: do not buy",
                "Genuine signature, but the status is not known: connect and check again", "Its key was revoked: only the register can tell, check online",
                "Unknown key: connect and check again; another register may have issued it",
                "Forged: do not buy", "This is not a label of ours")),
        ["ru"] = new(CertificateWords.In("ru"), "Проверка этикетки", "Текст QR-кода", "Проверить", "Включить камеру", "Камера недоступна. Вставьте текст.",
            "Этой странице нужен JavaScript. Без него откройте сертификат по номеру под QR-кодом:", "Партия", "Статус известен на",
            "Списки загружены", "{0} ч назад", "Списков ещё нет: откройте эту страницу один раз с интернетом.", "Скопированная этикетка остаётся подлинной: сравните продукцию, село и количество с товаром.",
            Of("Подлинный, действует", "Подлинный, но ещё не действует", "Срок истёк", "Приостановлен: сейчас не покупайте", "Отозван или заменён: не покупайте", "Подпись подлинная, но статус неизвестен: подключитесь и проверьте снова", "Ключ отозван: ответит только реестр, проверьте с интернетом", "Ключ неизвестен: подключитесь и проверьте снова; возможно, это другой реестр", "Подделка: не покупайте", "Это не наша этикетка")),
        ["kk"] = new(CertificateWords.In("kk"), "Затбелгіні тексеру", "QR-код мәтіні", "Тексеру", "Камераны қосу", "Камера қолжетімсіз. Мәтінді қойыңыз.",
            "Бұл бетке JavaScript керек. Онсыз QR-код астындағы нөмір бойынша сертификатты ашыңыз:", "Партия", "Күйі белгілі уақыт",
            "Тізімдер жүктелген", "{0} сағ бұрын", "Тізімдер әлі жоқ: бұл бетті бір рет интернетпен ашыңыз.", "Көшірілген затбелгі шынайы болып қалады: өнімді, ауылды және мөлшерді тауармен салыстырыңыз.",
            Of("Шынайы, жарамды", "Шынайы, бірақ әлі күшіне енбеген", "Мерзімі өткен", "Тоқтатылған: қазір сатып алмаңыз", "Қайтарып алынған не ауыстырылған: сатып алмаңыз", "Қолы шынайы, бірақ күйі белгісіз: қосылып, қайта тексеріңіз", "Кілті қайтарып алынған: тек тізілім айтады, интернетпен тексеріңіз", "Кілт белгісіз: қосылып, қайта тексеріңіз; басқа тізілім болуы мүмкін", "Жалған: сатып алмаңыз", "Бұл біздің затбелгі емес")),
        ["ky"] = new(CertificateWords.In("ky"), "Энбелгини текшерүү", "QR-коддун тексти", "Текшерүү", "Камераны иштетүү", "Камера жеткиликсиз. Текстти коюңуз.",
            "Бул бетке JavaScript керек. Ансыз QR-коддун астындагы номер боюнча сертификатты ачыңыз:", "Партия", "Абалы белгилүү убакыт",
            "Тизмелер жүктөлгөн", "{0} саат мурун", "Тизмелер азырынча жок: бул бетти бир жолу интернет менен ачыңыз.", "Көчүрүлгөн энбелги чыныгы бойдон калат: азыкты, айылды жана көлөмдү товар менен салыштырыңыз.",
            Of("Чыныгы, жарактуу", "Чыныгы, бирок азырынча күчүнө кире элек", "Мөөнөтү өткөн", "Токтотулган: азыр сатып албаңыз", "Кайтарылып алынган же алмаштырылган: сатып албаңыз", "Колу чыныгы, бирок абалы белгисиз: туташып, кайра текшериңиз", "Ачкычы кайтарылып алынган: реестр гана айтат, интернет менен текшериңиз", "Ачкыч белгисиз: туташып, кайра текшериңиз; башка реестр болушу мүмкүн", "Жасалма: сатып албаңыз", "Бул биздин энбелги эмес")),
    };

    public static VerifyWords In(string language) => All[language];

    private static List<(string, string)> Of(params string[] sentences) => [.. Order.Zip(sentences)];
}
