"""How a command was misspelt: the clauses of click and of the commands themselves."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

GERMAN: Final[Mapping[str, str]] = MappingProxyType(
    {
        # around the fault
        "Usage": "Aufruf",
        "Error": "Fehler",
        "Try '$command' for help.": "'$command' hilft weiter.",
        # options, arguments, commands
        "No such option $name.": "Die Option $name gibt es nicht.",
        "No such command $name.": "Den Befehl $name gibt es nicht.",
        "Did you mean $name?": "Gemeint ist vielleicht $name.",
        "Did you mean one of: $names?": "Gemeint ist vielleicht: $names.",
        "Missing command.": "Es fehlt der Befehl.",
        "Missing argument": "Es fehlt das Argument",
        "Missing argument $name.": "Es fehlt das Argument $name.",
        "Missing option": "Es fehlt die Option",
        "Missing option $name.": "Es fehlt die Option $name.",
        "Missing parameter": "Es fehlt der Parameter",
        "Missing parameter: $name": "Es fehlt der Parameter $name",
        "Missing $name": "Es fehlt $name",
        "Option $name does not take a value.": "Die Option $name nimmt keinen Wert.",
        "Option $name requires an argument.": "Die Option $name braucht einen Wert.",
        "Option $name requires $number arguments.": "Die Option $name braucht $number Werte.",
        "Argument $name takes $number values.": "Das Argument $name nimmt $number Werte.",
        "Got unexpected extra argument ($more)": "Ein Argument zu viel ($more)",
        "Got unexpected extra arguments ($more)": "Argumente zu viel ($more)",
        "Choose from": "Möglich sind",
        "Invalid start character for option ($name)": "So beginnt keine Option ($name)",
        # values
        "Invalid value for $name": "Ungültiger Wert für $name",
        "Value must be an iterable.": "Gebraucht werden mehrere Werte.",
        "Takes $number values but 1 was given.": "Gebraucht werden $number Werte, gegeben ist 1.",
        "Takes $number values but $given were given.": "Gebraucht werden $number Werte, gegeben sind $given.",
        "$number values are required, but $given was given.": "$number Werte sind nötig, gegeben ist $given.",
        "$number values are required, but $given were given.": "$number Werte sind nötig, gegeben sind $given.",
        "$value is not a valid boolean.": "$value ist kein Wahrheitswert.",
        "Recognized values": "Möglich sind",
        "$value is not $only.": "$value ist nicht $only.",
        "$value is not one of $choices.": "$value ist keines von $choices.",
        "$value is not a valid $type.": "$value ist ungültig (gebraucht wird: $type).",
        "$value is not a valid integer.": "$value ist keine ganze Zahl.",
        "$value is not a valid integer range.": "$value ist keine ganze Zahl.",
        "$value is not a valid float.": "$value ist keine Zahl.",
        "$value is not a valid UUID.": "$value ist keine UUID.",
        "$value is not in the range $range.": "$value liegt nicht im Bereich $range.",
        "$value does not match the format $format.": "$value passt nicht zum Format $format.",
        "$value does not match the formats $formats.": "$value passt zu keinem der Formate $formats.",
        "$file does not exist.": "$file existiert nicht.",
        "$file is a file.": "$file ist eine Datei.",
        "$file is a directory.": "$file ist ein Ordner.",
        "$file is not readable.": "$file ist nicht lesbar.",
        "$file is not writable.": "$file ist schreibgeschützt.",
        "$file is not executable.": "$file ist nicht ausführbar.",
        "File $name": "Die Datei $name",
        "Directory $name": "Der Ordner $name",
        "Path $name": "Der Pfad $name",
        "Could not open file $name": "Die Datei $name lässt sich nicht öffnen",
        "unknown error": "unbekannter Fehler",
        # our own
        "a time span such as 30d or 12h, or a day such as 2025-12-01, is needed": (
            "gebraucht wird eine Zeitspanne wie 30d oder 12h, oder ein Tag wie 2025-12-01"
        ),
        "$value names no revisions; write 1..2, or 2 for what changed before it": (
            "$value nennt keine Fassungen; 1..2 schreiben, oder 2 für das, was sich davor geändert hat"
        ),
        "only jsonl has room for earlier states": "nur jsonl hat Platz für frühere Fassungen",
        "say why in a few words": "in ein paar Worten sagen, warum",
        "Nothing to change: give --query, --channel or any other option.": (
            "Nichts zu ändern: --query, --channel oder eine andere Option angeben."
        ),
        "give OLD and NEW, or --subscription and NEW": "OLD und NEW angeben, oder --subscription und NEW",
    }
)
