"""The words between colons that become signs: those people type most, as GitHub calls them."""

from __future__ import annotations

_WORDS = """
+1 👍 thumbsup 👍 -1 👎 thumbsdown 👎 smile 😄 laughing 😆 grinning 😀 joy 😂 wink 😉 blush 😊 slightly_smiling_face 🙂
heart_eyes 😍 sunglasses 😎 thinking 🤔 neutral_face 😐 confused 😕 disappointed 😞 cry 😢 sob 😭 scream 😱 rage 😡
sweat_smile 😅 facepalm 🤦 shrug 🤷 eyes 👀 clap 👏 pray 🙏 muscle 💪 wave 👋 ok_hand 👌 raised_hands 🙌 point_up ☝️
heart ❤️ broken_heart 💔 sparkles ✨ star ⭐ star2 🌟 fire 🔥 boom 💥 zap ⚡ tada 🎉 rocket 🚀 trophy 🏆 medal 🏅 100 💯
bug 🐛 wrench 🔧 hammer 🔨 gear ⚙️ lock 🔒 key 🔑 mag 🔍 bulb 💡 memo 📝 books 📚 book 📖 package 📦 truck 🚚 recycle ♻️
construction 🚧 rotating_light 🚨 warning ⚠️ no_entry ⛔ x ❌ heavy_check_mark ✔️ white_check_mark ✅ question ❓
exclamation ❗ information_source ℹ️ chart_with_upwards_trend 📈 chart_with_downwards_trend 📉 bar_chart 📊 microscope 🔬
test_tube 🧪 robot 🤖 brain 🧠 dna 🧬 hourglass ⏳ stopwatch ⏱️ calendar 📅 pushpin 📌 link 🔗 art 🎨 lipstick 💄
white_circle ⚪ red_circle 🔴 green_circle 🟢 yellow_circle 🟡 arrow_up ⬆️ arrow_down ⬇️ coffee ☕ beers 🍻 cake 🍰
see_no_evil 🙈 snake 🐍 crab 🦀 whale 🐳 penguin 🐧 seedling 🌱 mountain ⛰️ earth_africa 🌍 sunny ☀️ cloud ☁️ snowflake ❄️
"""

_pairs = _WORDS.split()
SIGNS: dict[str, str] = dict(zip(_pairs[::2], _pairs[1::2], strict=True))
