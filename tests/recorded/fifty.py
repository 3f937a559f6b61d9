"""The fifty requests, as they are typed after `python -m demo`.

A picture is `scene:SEED` (a scene of the picture world) or `thing:CONCEPT:SEED`, painted when asked for; a
sound is a file under assets/. So nothing but this list and the numbers need be kept.
"""

from __future__ import annotations

REQUESTS: tuple[str, ...] = (
    # Every subset of the modalities, asked about all that is known.
    "predict --image thing:dog:1",
    "predict --audio words/cat-en-slt.flac",
    "predict --text 'heavy rain on the roof'",
    "predict --image thing:horse:2 --audio words/horse-en-rms.flac",
    "predict --image scene:3 --text 一只猫在左边",
    "predict --audio examples/helicopter.flac --text 'a loud helicopter'",
    "predict --image examples/three.png --audio examples/three.flac --text three",
    # Every fusion, and labels of one's own.
    *(
        f"predict --image thing:cat:4 --audio words/dog-zh-f2.flac --text 'a bird sings'"
        f" --fusion {fusion}{labels}"
        for fusion in ("transformer", "mean", "weighted", "max", "product")
        for labels in ("", " --labels cat,dog,bird,rain")
    ),
    "predict --image examples/seven.png --audio examples/clock.flac --labels seven,clock --fusion mean",
    # Every method, of what the senses say together.
    "explain --image thing:dog:5 --audio words/dog-en-rms.flac --text 'a dog'",
    "explain --image thing:dog:5 --audio words/dog-en-rms.flac --text 'a dog' --method integrated",
    *(
        f"explain --audio words/dog-en-rms.flac --text 'a dog' --method {method}"
        for method in ("legrad", "chefer", "gradcam", "gradient")
    ),
    *(
        f"explain --image thing:tree:6 --text 'a tall tree' --labels tree,dog,house --method {method}"
        for method in ("occlusion", "rise", "rollout", "attention")
    ),
    # Of something else: one modality, agreement, a word that is written.
    "explain --image scene:7 --text 'is it a car' --of image --method legrad",
    "explain --image scene:7 --text 'is it a car' --of text --label car --method integrated",
    "explain --audio words/key-en-slt.flac --of audio --labels key,tree --method occlusion",
    "explain --image thing:ship:8 --text 'an old ship' --of image~text --method chefer",
    "explain --audio words/train-en-slt.flac --text 'a train' --of audio~text"
    " --method gradient --fusion mean",
    "explain --image scene:9 --of caption:2 --method chefer",
    "explain --image scene:9 --of caption:3 --language zh --method gradcam",
    "explain --audio words/ship-en-slt.flac --of transcribe:1 --language en --method integrated",
    # In words.
    "caption --image scene:10",
    "caption --image scene:11 --language zh --beams 3",
    "caption --audio examples/rain.flac",
    "caption --image scene:12 --audio words/apple-en-slt.flac",
    "ask --image scene:13 --question 'what do you see?'",
    "ask --image scene:14 --question 图里有狗吗？",
    "ask --image scene:15 --question 'how many things are there?' --beams 2",
    "ask --audio words/guitar-en-slt.flac --question 'what do you hear?'",
    "transcribe --audio words/elephant-en-slt.flac",
    "transcribe --audio words/horse-zh-f2.flac --language zh",
    "transcribe --audio examples/seven.flac --beams 3",
    "translate --text 'a bat' --image thing:bat:16",
    "translate --text 'two dogs and a cat'",
    "translate --text 左边有一棵树 --to en",
)
