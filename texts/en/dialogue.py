"""Talking with the client: greeting, menu, steps of a request, help, unknown input."""

WORDS = {
    "menu.new": "📝 New request",
    "menu.orders": "📋 My orders",
    "menu.support": "🙋 Write to us",
    "menu.more": "☰ More",
    "menu.crew": "🧰 I am a contractor",
    "menu.language": "🌐 Русский",
    "menu.help": "❓ Help",
    "menu.privacy": "🔒 My data",
    "menu.delete_me": "🗑 Delete my data",
    "menu.client": "🏠 I am a client",
    "menu.choose": "What would you like?",
    "command.start": "Start",
    "command.new": "New request",
    "command.orders": "My orders",
    "command.help": "Help",
    "command.support": "Write to us",
    "command.lang": "Русский / English",
    "command.privacy": "What we keep about you",
    "command.delete_me": "Delete my data",
    "command.work": "On line or day off",
    "command.offers": "Requests",
    "command.jobs": "My jobs",
    "command.radius": "How far you travel",
    "command.farther": "Farther jobs",
    "command.night": "Calls at night",
    "command.docs": "Documents",
    "command.rating": "Rating and points",
    "greeting": (
        "Hello! We find a crew for your well, pump or septic tank.\n"
        "Describe the job: it is free and takes a minute.\n"
        "A 20 % prepayment, only after a crew has agreed."
    ),
    "greeting.back": "Welcome back!\nUse the buttons below.",
    "nav.back": "↩️ Back",
    "nav.cancel": "✖️ Stop",
    "nav.skip": "Skip",
    "nav.next": "Next",
    "nav.yes": "Yes",
    "nav.no": "No",
    "draft.dropped": "All right, nothing was sent.\nStart again with the button below.",
    "draft.resumed": "Let's go on with your request.\nWe stopped here:",
    "ask.service": "What needs to be done?",
    "ask.place": (
        "Where is the plot?\n"
        "If you are there, send the place with the button below.\n"
        "If not, write the address, for example: Tver, Sadovaya 5."
    ),
    "ask.place_button": "📍 I am on the plot",
    "ask.place_which": "There are several such places.\nChoose yours:",
    "ask.place_none": "We found no such place.\nWrite the town or village and the region.",
    "ask.place_pin": (
        "{town}: we found the town, but not the plot.\n"
        "Send a point on the map: the paper clip below, then “Location”."
    ),
    "ask.place_town_enough": "The town is enough",
    "ask.place_far": "The nearest place is {town}, {distance} away.\nIs the point right?",
    "ask.place_far_yes": "Yes, it is",
    "ask.place_far_no": "No, set it again",
    "ask.place_searching": "Looking for the address…",
    "ask.place_is_house": "Found: {place}.\nIs it right?",
    "ask.place_is_street": (
        "We found the street, but not the house: {place}.\n"
        "Will it do? A point on the map is better: the paper clip below, then “Location”."
    ),
    "ask.place_is_far": (
        "Found: {place}.\nBut the nearest place we know is {town}, {distance} away. Is it right?"
    ),
    "ask.place_is_no": "No, another one",
    "ask.when": "When should they come?",
    "ask.when_soonest": "As soon as possible",
    "ask.photo": "Send a photo of the place (up to 20 MB) or a few words.\nYou can skip this.",
    "ask.photo_got": "Got {photos}.\nSend more, or press “Next”.",
    "price": (
        "Price of the job: {price}\n"
        "{crews} nearby.\n"
        "Prepayment {prepayment} is part of it. You pay only after a crew has agreed."
    ),
    "price.nobody": (
        "Price of the job: {price}\n"
        "No crew nearby is free now. We search on, and our staff helps.\n"
        "Prepayment {prepayment} is part of it. You pay only after a crew has agreed."
    ),
    "ask.phone": (
        "How can we reach you?\n"
        "Send your number with the button below. The crew sees it only after the prepayment."
    ),
    "ask.phone_button": "📱 Send my number",
    "ask.phone_own": "That is someone else's contact.\nSend your own with the button below.",
    "ask.phone_private": "We take numbers only in a private chat with the bot.",
    "check": (
        "Check your request\n"
        "{service} ({detail})\n"
        "Where: {place}\n"
        "When: {wish}\n"
        "Price: {price}, prepayment {prepayment}"
    ),
    "check.send": "📨 Send the request",
    "check.change": "✏️ Change",
    "check.sending": "Sending…",
    "check.sent": (
        "Request {number} received.\n"
        "We are looking for a crew and write here as soon as we have one."
    ),
    "orders.none": "No orders yet.\nPress “New request”.",
    "orders.list": "Your orders\nChoose one to open:",
    "orders.line": "{number} · {service} · {headline}",
    "claim.ask_amount": "How much did you spend?\nWrite the amount in roubles, at most {cap}.",
    "claim.ask_reason": "What else did you spend on?",
    "claim.ask_proof": (
        "Is there a photo of the receipt or the work?\n"
        "Send a photo or a PDF, each file up to 20 MB. {limit}"
    ),
    "claim.proof_limit": "Above {amount} without a photo support checks it.",
    "claim.proof_got": "Got {photos}.\nSend more, or press “Next”.",
    "claim.no_proof_button": "No photo",
    "claim.check": "Check the costs of {number}\n{items}\n{total} in all, at most {cap}.",
    "claim.unproven": "No photo: unless the client answers, support checks such an amount.",
    "claim.send_button": "📨 Send",
    "claim.add_button": "➕ Another cost",
    "claim.files_none": "There are no photos. Write to us if you need them.",
    "claim.appealed": (
        "Your appeal is taken\nAnother person of support decides. Write what you do not agree with."
    ),
    "claim.appeal_upheld": (
        "{number}: another person of support has checked the decision about costs. It stands:"
        " {amount}."
    ),
    "claim.appeal_changed": (
        "{number}: another person of support has changed the decision about costs: {amount} to the"
        " crew instead of {before}."
    ),
    "claim.appeal_more.client": "The difference, {difference}, goes to your credit with us.",
    "claim.appeal_more.contractor": "The difference, {difference}, will be paid out.",
    "claim.appeal_ask": "{number}: an appeal about costs, another person decides.",
    "claim.not_number": "We did not get the amount.\nWrite a number, for example: 1500.",
    "done.ask_price": (
        "What does the whole job cost?\n"
        "Write the amount in roubles including the prepayment of {prepayment}."
        " A photo of the work is welcome, too."
    ),
    "done.photos_got": "Photos of the work: {photos}.",
    "done.said": "We have asked the client to accept the work.\nThe answer comes here.",
    "claim.said": "Passed on to the client.\nThe answer comes here.",
    "done.price_same": "No exact amount",
    "support.ask": "Write what happened\nA living person answers. About an order? Give its number.",
    "support.ask_order": "About {number}\nWrite what happened. A living person will answer.",
    "support.sent": "Passed on to a person. The answer comes here.",
    "support.answer": "Support's answer:\n{text}",
    "help": (
        "How it works\n"
        "1. Describe the job and the place.\n"
        "2. We find a crew, it confirms the time.\n"
        "3. You prepay 20 %, the rest goes to the crew on site.\n"
        "4. Accept the work and rate it.\n"
        "You can always cancel: the button shows how much we return."
    ),
    "privacy": (
        "Your data\n"
        "We keep your name, phone, place of work and messages about orders.\n"
        "The crew sees address and phone only after the prepayment.\n"
        "Delete everything: /delete_me."
    ),
    "delete.ask": (
        "Delete your data?\n"
        "Name, phone, addresses and photos are erased. Payment records stay without a name."
    ),
    "delete.yes": "🗑 Yes, delete",
    "delete.open_orders": "Finish or cancel your open orders first.\nThey are in “My orders”.",
    "delete.done": "Your data is deleted.\nThank you for having been with us. Come back: /start",
    "language.ask": "Язык / Language",
    "language.set": "We will write in English.",
    "unknown": "We did not get that. This is where we stopped:",
    "unknown.idle": "We did not get that.\nUse the buttons below or write to us.",
    "stale": "That button is old. This is how things are now.",
    "tap.ok": "Done",
    "tap.wait": "One moment, checking…",
    "tap.again": "The connection broke. Tap again, it won't count twice.",
    "paid.not_yet": "We don't see the payment yet. We will look again and write at once.",
    "error": "Something broke on our side.\nNothing is lost, we know. Please try again.",
    "outage": "We were off line, taps may be lost.\nTap again if needed.",
    "slow_down": "Too many messages in a row. Wait a minute.",
    "file.too_big": "The file is too big. Send a photo of up to 20 MB.",
    "text.enough_photos": "{limit} photos are enough, this one is not kept.",
    "text.too_long": "Too long. Keep it within {limit} characters.",
}
