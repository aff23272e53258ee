"""The words of the recipe, split into training, choice of limits, and judging.

No phrase of a list stands in two parts. One-word commands are the exception that the task demands:
"stop" has to be taught to be known, so ``TAUGHT`` words are also judged, on voices never heard, in
a row of their own.
"""

# ruff: noqa: E501

from __future__ import annotations

PARTS = ("train", "choice", "judged")

# Kokoro's phonemes. No front end spells a hum.
HUMS = {
    "train": (
        "ˈmmhˌmm", "mˈhˌm", "ˈmːhm", "mmˈhmm", "ʌhˈʌ", "ˌʌhˈʌː", "əhˈə", "ˈmː", "ˈmmm", "hˈmm", "hˈmːm",
        "ˈʌː", "ˈʌm", "ˈɜːm", "ˈɑː", "ˈmm, ˈmm", "ˈmmhˌmm, ˈmmhˌmm", "hˈmm, hˈmm", "ˈmmhˌm, jˈɛə",
    ),
    "choice": ("mˈmhˌmm", "ˈʌhˌʌ", "hˈmmː", "ˈmmː", "ˈʌmm", "ˈʌhʌ, ˈʌhʌ"),
    "judged": (
        "mˈmːhˌm", "ˈmhmm", "ʌhʌˈʌ", "ˈʌhʌ", "mˈm", "hˈmː", "ˈm, ˈhm", "ˈʌːm", "ˈmmhˌmm, ʌhˈʌ",
        "ˈɑːh",
    ),
}  # fmt: skip

BACKCHANNELS = {
    "train": (
        "yeah", "yeah.", "yep", "yes", "okay", "okay.", "right", "right.", "sure", "I see", "got it", "oh",
        "ah", "alright", "great", "good", "uh-huh", "of course", "exactly", "true", "fine", "cool",
        "nice", "wow", "oh okay", "oh, I see", "okay, great", "yeah, yeah", "yeah, sure", "yes, yes",
        "right, okay", "okay, okay", "oh, yeah", "ah, right", "sounds good", "makes sense", "perfect",
        "oh, really", "all right", "thanks",
    ),
    "choice": (
        "yup", "okay, sure", "yeah, right", "oh, right", "ah, okay", "I see, yeah", "yes, okay",
        "sure, sure", "oh, great", "got it, yeah",
    ),
    "judged": (
        "yeah, okay", "okay, yeah", "right, right", "oh, sure", "ah, I see", "okay, right", "oh, yes",
        "yes, sure", "okay, got it", "ah, yeah", "right, yeah", "okay, cool", "oh, nice", "okay, good",
        "yeah, exactly", "oh, wow",
    ),
}  # fmt: skip
"""A closed class: the judged part is made of known words in combinations never heard."""

TAUGHT = (
    "stop", "stop!", "wait", "wait!", "no", "no!", "hold on", "sorry?", "what?", "excuse me",
    "hello?", "hang on", "one moment", "pardon?", "listen", "actually",
)  # fmt: skip
"""Commands that are taught, and judged in voices that were never heard."""

COMMANDS = {
    "train": (
        "stop it", "stop, stop", "wait, wait", "no, no", "no, stop", "please stop", "enough", "halt",
        "cancel", "pause", "quiet", "shut up", "hey", "hey!", "why?", "who?", "when?", "where?",
        "how much?", "huh?", "hi", "again", "help", "skip", "next", "repeat", "louder", "slower", "done",
        "wrong", "never", "agent", "operator", "representative", "just a second", "hold it", "be quiet",
        "not that", "that's wrong", "I'm sorry?", "come again?", "say again", "go back", "forget it",
        "never mind", "question", "one second", "time out", "nope", "but", "um, wait", "uh, no", "look",
    ),
    "choice": (
        "stop that", "wait a second", "no thanks", "hold up", "which one?", "start over", "not now",
        "let me speak", "can I", "hey, stop", "just a minute", "oh, no", "please", "speak up",
    ),
    "judged": (
        "wait a minute", "no, wait", "stop please", "how come?", "go away", "back up", "main menu",
        "too fast", "not yet", "that's enough", "hey, wait", "hold the line", "don't", "hello, hello",
        "excuse me, sir", "cut it", "I know", "incorrect", "speak English", "Tuesday", "sixteen",
        "manager", "what's that?", "no way",
    ),
}  # fmt: skip

SENTENCES = {
    "train": (
        "can I ask you something", "could you repeat that", "what time is it open", "how much does it cost",
        "I already have that", "I need to change my address", "I don't want that one", "that is not right",
        "my name is Martin", "is there anything cheaper", "do you have it in blue", "where do I send it",
        "when will it arrive", "the number is four five six", "actually I want to cancel",
        "sorry but that is wrong", "wait I need it today", "no I said the other one", "let me stop you there",
        "hold on that is not what I meant", "who am I talking to", "I can't hear you", "we talked about this",
        "it was last Monday", "this is taking too long", "please just send it", "give me a minute",
        "give me the total", "tell me about the price", "you said ten dollars", "they told me something else",
        "there is a problem with it", "he never called me back", "she has the key", "can we skip this part",
        "can you speak slower", "could I talk to a person", "would Friday work", "are you open on Sunday",
        "does that include tax", "what about the deposit", "why is it so expensive", "how long will it take",
        "which one is faster", "did you get my email", "have you found my order", "I'm looking for a hotel",
        "I think you misunderstood", "I just want to know the date", "that's too expensive for me",
        "that's the wrong account", "before you go on I have a question", "one more thing about the bill",
        "just tell me the price", "maybe we should start again", "so what do I have to pay",
        "and what about my wife", "but I paid last week", "because I moved house", "if it rains we stay home",
        "only two of them", "put me through to sales", "change it to nine o'clock", "cancel the second one",
        "book it for two people", "look I have no time", "excuse me how do I get there", "Tuesday is better for me",
        "nothing has changed here", "my phone is broken", "his name is Peter", "your website is down",
        "everything was fine before", "next week would be better", "to be honest I don't care",
        "for how many people", "not the small one", "well I am not sure about that", "well that depends",
        "in the morning I can't", "at the end of the month", "go back to the first option",
        "repeat the last part", "skip the details", "send me a text instead", "take the other road",
        "around five thousand", "almost none of them", "it doesn't work any more",
        "speaking of that, where is it", "another thing is the noise", "did I say Tuesday",
        "hello are you still there", "hi I have a question", "pardon me what was that",
        "um I have a question", "uh what was the price", "uh I don't think so", "um can you wait",
        "eight hundred and ten", "double room with breakfast", "from Berlin to Paris", "somebody stole my card",
        "last time it was free", "let's talk about something else", "leave it at the door",
    ),
    "choice": (
        "can you tell me the address", "I want to speak to somebody", "what is the difference",
        "that was not the question", "my order never came", "wait let me write it down", "no that's not me",
        "how do I pay for it", "is this the same price", "we need three rooms", "could we do it later",
        "where did you get my number", "actually make it four", "the last one was better",
        "sorry who is this", "you are not listening to me", "do I need a passport", "it says something different",
        "uh can I change it", "so how does that work",
    ),
    "judged": (
        "can you hear me at all", "could somebody call me", "what was the second option", "how late are you open",
        "I have a different question", "I don't have that letter", "that is too late for me", "my card was declined",
        "is it possible to move it", "do we get a discount", "where is the nearest shop", "when does it start",
        "the code does not work", "actually I changed my mind", "sorry I meant Thursday", "wait that was yesterday",
        "no mornings don't work", "let me think about it", "hang on I already did that", "why did you charge me twice",
        "who gave you this number", "we are five people", "it was never delivered", "this isn't my account",
        "please renew all of them", "give me your supervisor", "you sent me the wrong size", "there were two of them",
        "would you mind repeating", "are there any other dates", "does he work there", "listen I don't need it",
        "maybe something smaller", "so can I return it", "but you promised", "cancel my subscription",
        "somewhere near the station", "seven thirty is fine for us", "uh the other address", "um what does it mean",
        "leave a message for her", "nobody told us about that", "after lunch is better", "turn it off please",
    ),
}  # fmt: skip

YEAH_BUT = {
    "train": (
        "yeah but I need it today", "yeah so what does it cost", "okay but what about me", "okay so when is it",
        "right but that's too late", "yes but not on Monday", "yeah can I ask something", "okay wait a moment",
        "yes I would like that one", "sure but how much is it", "oh no that's not it", "oh wait I forgot",
        "right so where do I go", "yeah no that's wrong", "okay stop there", "I see but who pays for it",
        "yeah I already know that", "okay I have a question", "yes can you send it", "alright let me ask you",
        "oh I thought it was free", "okay and what if it rains", "great but is it new", "mmhm but why",
    ),
    "choice": (
        "yeah but how long is it", "okay but I can't pay", "right and the other one", "yes I want two",
        "oh but that's mine", "okay hold on a second", "yeah what was the name", "sure can you repeat",
    ),
    "judged": (
        "yeah but that's not mine", "okay but can I change it", "yes but I moved away", "right but who are you",
        "yeah wait what did you say", "okay so do I pay now", "oh no I meant the first", "yes I have a coupon",
        "sure but not tomorrow", "okay I need to go", "yeah what about my bag", "I see but we can't",
    ),
}  # fmt: skip

LAUGHS = {
    "train": ("hˈahahˌa", "hˈɛhɛh", "hɐhˈɐhɐ", "hˈahahahˌaha", "hˈhhˌm", "hˈɪhɪhˌɪ"),
    "choice": ("hˈɑhɑ", "hˈahaha"),
    "judged": ("hˈahˌahɑ", "hˈɐhɐhˌa", "hˈɛhɛhˌɛhɛ"),
}
