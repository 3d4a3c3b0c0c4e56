"""Расхождения с платёжным сервисом и их исправление, для поддержки."""

WORDS = {
    "breaks.found": (
        "{number}: расхождение с ЮKassa, нужен человек. {kind}: {subject}, у "
        "нас {ours}, у них {theirs}. /breaks"
    ),
    "breaks.invariant": (
        "Книги не сходятся: {name}. Новых выплат не делать, позвать разработчика. {note}"
    ),
    "breaks.external": (
        "{number}: из кабинета ЮKassa вернули {amount}, заказ ещё открыт. "
        "Решите спор или отмену с учётом этого."
    ),
    "breaks.none": "Расхождений с ЮKassa нет.",
    "breaks.line": "{number} {kind}, {subject}: у нас {ours}, у них {theirs}, {state}",
    "breaks.help": (
        "Исправить: /repair B-1. Второй человек: /approve B-1. Ничего не "
        "делать: /dismiss B-1 почему"
    ),
    "breaks.proposed": "{number}: предложено. Теперь другой человек: /approve {number}",
    "breaks.approved": "{number}: подтверждено, исправляем.",
    "breaks.dismissed": "{number}: закрыто, ничего не делаем.",
    "break.missing_there": "у них нет нашего платежа",
    "break.missing_here": "деньги, о которых мы не знали",
    "break.status_lag": "у них уже другое состояние",
    "break.late_success": "оплачено после срока",
    "break.amount_differs": "не совпадает сумма или конец платежа",
    "break.fee_differs": "не совпадает комиссия",
    "break.external_refund": "возврат из кабинета",
    "break.duplicate_capture": "вторая оплата заказа",
    "break.stuck": "слишком долго без конца",
    "break.test_flag": "учебный платёж среди настоящих",
    "break.chargeback": "банк отозвал платёж",
    "break.appeal": "жалоба на решение о расходах",
    "break.invariant": "книги не сходятся",
    "break_state.open": "ждёт",
    "break_state.repairing": "исправляется",
    "break_state.awaiting_approval": "ждёт второго человека",
    "break_state.repaired": "исправлено",
    "break_state.dismissed": "закрыто",
}
