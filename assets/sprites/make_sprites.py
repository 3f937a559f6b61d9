"""Render the sprite sheets from Noto Color Emoji (needs the font: Debian package fonts-noto-color-emoji).

    python -m assets.sprites.make_sprites [NotoColorEmoji.ttf]

things.webp holds the sprites of demo/world/concepts.csv in its order, row by row; strangers.webp holds
emoji of nothing the world knows, with which the model learns (first half) and is asked (second half) to
say that it does not know.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from demo.world.concepts import CONCEPTS
from demo.world.sprites import COLUMNS, SIDE

HERE = Path(__file__).parent
FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
STRANGERS = (
    "🦊 🦝 🐺 🦓 🦒 🦘 🦥 🦔 🦦 🐿️ 🦎 🐊 🦕 🦖 🦐 🦞 🦪 🪲 🐞 🦗 🪳 🪱 "
    "🦠 🦚 🦜 🦩 🕊️ 🦤 🪶 🦋️ 🌷 🍀 🌾 🍂 🪨 🪐 🌍 ☄️ ⚡ ❄️ 🥝 🥭 🥥 🥑 "
    "🍆 🥔 🌽 🌶️ 🥒 🥬 🥦 🧄 🧅 🥜 🥐 🥖 🥨 🥞 🧇 🍖 🥩 🥓 🍟 🌭 🥪 🌮 "
    "🌯 🍳 🍲 🥗 🍿 🧂 🥫 🍱 🍣 🍤 🍡 🥟 🍩 🍫 🍭 🍯 🍼 🥛 🍷 🍸 🚀️ 🛸 "
    "⛺ 🎡 🎢 🎪 💈 🛴 🛹 🛼 ⚓ 🚦 🛑 🚧 🗽 🗿 🏟️ ⛲ ⛩️ 🛕 🧭 🎿 🛷 🥌 "
    "🎯 🪀 🪁 🎱 🔮 🪄 🎮 🎰 🎲 🧩 🧸 🪅 🎨 🧵 🧶 👛 🎒 🧢 💄 🎷 🪕 🎻️ "
    "🎤 🎧 📻 🔋 🔌 💾 🧮 🎥 🔍 📎 📌 🗑️ 🔧 🪛 ⛏️ 🪓 🗡️ 🛡️ 🪃 ⚙️ 🗜️ ⚖️ "
    "🔗 🧲 🪜 🧪 🧬 🔬 🔭 💉 🩹 🩺 🪞 🪟 🛋️ 🚽 🚿 🛁 🪤 🪒 🧴 🧷 🧹 🧺 "
    "🧻 🪣 🧼 🧽 🧯 🛒 🚬 ⚰️ 💣 💰 💳 🧠 🫀 🫁 🦴 👅 👄 💋 🦾 🦵 👣 🧦 "
    "🥼 👙 👠 🩰 💡️ 🪔 🏮 🪩 🎐 🎎 🎏 🎫 🏅 🥊 🥋 🎽 🏸 🏒 🥍 ⛸️ 🎣 🤿 "
    "🛶 "
).split()


def sprite(emoji: str, font: ImageFont.FreeTypeFont) -> Image.Image | None:
    """RGBA, SIDE × SIDE, the emoji centred; None where the font has no glyph."""
    canvas = Image.new("RGBA", (320, 180))
    ImageDraw.Draw(canvas).text((10, 10), emoji, font=font, embedded_color=True)
    box = canvas.getbbox()
    if box is None or box[2] - box[0] > 160:  # nothing, or a sequence the font cannot join
        return None
    cut = canvas.crop(box)
    side = max(cut.size)
    square = Image.new("RGBA", (side, side))
    square.paste(cut, ((side - cut.width) // 2, (side - cut.height) // 2))
    framed = Image.new("RGBA", (SIDE, SIDE))
    framed.paste(square.resize((SIDE - 2, SIDE - 2), Image.Resampling.LANCZOS), (1, 1))
    return framed


def write(sprites: list[Image.Image], path: Path) -> None:
    rows = -(-len(sprites) // COLUMNS)
    sheet = Image.new("RGBA", (COLUMNS * SIDE, rows * SIDE))
    for i, one in enumerate(sprites):
        sheet.paste(one, ((i % COLUMNS) * SIDE, (i // COLUMNS) * SIDE))
    sheet.save(path, quality=88, method=6)
    print(f"{path.name}: {len(sprites)} sprites, {path.stat().st_size / 1024:.0f} KB")


def main() -> None:
    font = ImageFont.truetype(str(sys.argv[1] if len(sys.argv) > 1 else FONT), 109)
    things = [sprite(emoji, font) for concept in CONCEPTS for emoji in concept.emoji]
    missing = [i for i, one in enumerate(things) if one is None]
    if missing:
        raise SystemExit(f"the font has no glyph for sprites {missing}")
    write([one for one in things if one is not None], HERE / "things.webp")
    known = {emoji for concept in CONCEPTS for emoji in concept.emoji}
    drawn = [sprite(e, font) for e in dict.fromkeys(STRANGERS) if e.rstrip("\ufe0f") not in known]
    write([one for one in drawn if one is not None], HERE / "strangers.webp")


if __name__ == "__main__":
    main()
