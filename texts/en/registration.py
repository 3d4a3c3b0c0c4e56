"""The crew: registration, line, offers, jobs, points."""

WORDS = {
    "menu.online": "🟢 On line",
    "menu.offline": "⚪ Day off",
    "menu.radius": "📏 How far I travel",
    "menu.farther": "🛣 Farther jobs",
    "menu.night": "🌙 Calls at night",
    "menu.jobs": "🧰 My jobs",
    "menu.offers": "📨 Requests",
    "join.start": (
        "Work with us\nRequests near you, the client prepays before you leave.\nFive short steps."
    ),
    "join.name": "What is your name?\nThe client sees it when you take a request.",
    "join.services": "What do you do?\nTick everything and press “Next”.",
    "join.services_none": "Tick at least one.",
    "join.base": "Where do you start from?\nSend the place or write the town.",
    "join.base_button": "📍 Send my place",
    "join.radius": "How far do you travel?",
    "join.radius_button": "up to {distance}",
    "join.farther": (
        "Call you beyond your circle?\n"
        "Up to {distance}, and only if nobody is near. The client pays the same price."
    ),
    "farther.yes": "We call you farther, too, up to {distance}.",
    "farther.no": "We do not call you beyond your circle.",
    "join.night": (
        "Call you at night for urgent jobs?\nNight is from {start}:00 to {end}:00 at your place."
    ),
    "night.yes": "At night we call you for urgent jobs.",
    "night.no": "We do not wake you at night.",
    "join.phone": (
        "Your phone\nSend it with the button below. The client sees it only after the prepayment."
    ),
    "join.check": (
        "Check your form\nName: {name}\nWork: {services}\nBase: {town}, up to {distance}"
    ),
    "join.send": "📨 Send the form",
    "join.waiting": "The form is sent.\nWe check it and write to you, usually on a working day.",
    "join.approved": "All set, you are {number}!\nPress “On line” and requests will come.",
    "join.picked": "☑️ {service}",
    "join.unpicked": "⬜ {service}",
    "work.online": (
        "You are on line. Requests come here.\nUrgent jobs at night, too? Then press /night"
    ),
    "work.offline": (
        "Day off. No new requests, your jobs stay.\nWhen you are back, press “On line”."
    ),
    "work.not_approved": "Your form is still being checked. We will write when it is ready.",
    "work.suspended": "We send you no requests for now.\nWrite to us, we will sort it out.",
    "offers.none": "No requests now.\nStay on line, we will send them.",
    "offers.list": "Waiting for your answer:",
    "jobs.none": "No jobs yet.\nTake a request and it stands here.",
    "jobs.list": "Your jobs\nChoose one to open:",
    "radius.ask": "How far do you travel?\nNow: up to {distance}.",
    "radius.set": "Noted: up to {distance}.",
    "rating.card": (
        "Your rating: {rating}\n"
        "Points: {points}.\n"
        "Done: {jobs}.\n"
        "The higher they are, the earlier requests reach you."
    ),
    "rating.few": "shown from {count} reviews on",
    "rating.history": "Latest changes:",
    "rating.line": "{delta}: {reason}, {number}",
    "docs.none": "No documents are needed now. We will ask when they are.",
}
