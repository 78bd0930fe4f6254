"""What people, streets and towns in the world are called.

A byte scan looks for names and addresses as they are, so none may hide in another one: no first name ends another first
name, and no last name begins another last name. tests/examples holds the lists to it.
"""

from __future__ import annotations

WOMEN = tuple(
    """
    Amalie Astrid Aud Benedikte Berit Birgitte Bodil Borghild Cecilie Camilla Dagny Ebba Elin Elise Eldbjørg Emma Gerd
    Grete Gro Gunvor Hanne Hedda Heidi Hilde Hege Ida Ingeborg Ingrid Irene Jorunn Julie Kaja Kari
    Karoline Kjersti Kirsten Laila Lene Linnea Live Magnhild Maja Marit Marte Mona Monica Nina Nora Oddny Oddrun
    Pernille Ragnhild Randi Ronja Rigmor Sara Sidsel Signe Silje Siv Solveig Stine Sunniva Synnøve Tiril Tone Torill
    Trine Turid Tuva Unni Vigdis Vilde Wenche Ylva Åse Åshild
    """.split()
)

MEN = tuple(
    """
    Aksel Anders Arild Arne Asbjørn Aslak Bendik Birger Brage Dag Eirik Eivind Eskil Espen Even Finn Fredrik
    Frode Geir Gjermund Gunnar Gustav Haakon Halvor Hallvard Harald Henrik Håvard Iver Jakob Jarle Jens Jonas Jostein
    Jørgen Kjell Kjetil Knut Kristoffer Lars Lasse Leif Mads Magne Magnus Mathias Morten Nikolai Oddvar Odin Olav
    Oskar Petter Ragnar Roald Roar Rolf Rune Sander Sigurd Simen Sindre Snorre Steinar Sverre Tarjei Terje
    Torbjørn Tobias Tor Torstein Trygve Ulrik Vebjørn Vegard Vetle Yngve Øystein Øyvind
    """.split()
)

LAST = tuple(
    """
    Aasen Amundsen Andersen Antonsen Bakken Berge Bjerke Blindheim Brekke Bråten Christiansen Dahl Dyrnes Eide
    Eliassen Engen Eriksen Fjeldstad Fjellheim Foss Fredriksen Furuseth Gabrielsen Gjerde Granlund Grønli Gulbrandsen
    Hagen Halvorsen Hammer Hansen Haugen Hegge Helgesen Holmen Hovland Husby Iversen Jacobsen Jensen Johnsen
    Jørgensen Karlsen Kleppe Knutsen Kolstad Kristoffersen Kvamme Langeland Larsen Lindberg Lunde Løken Martinsen
    Mathisen Mikkelsen Moen Monsen Myhre Myklebust Ness Nilsen Nordby Nygård Nymoen Olsen Opdal Ottesen Paulsen
    Pedersen Rasmussen Riise Rognli Rønning Sandvik Simonsen Sivertsen Skaar Skogstad Solberg Solheim Stokke Strand
    Strøm Svendsen Sæther Sørensen Tangen Teigen Thorsen Torgersen Tveit Ulvestad Utne Vangen Vik Vinje Vollan
    Wiig Wold Ytterdal Ødegård Østby
    """.split()
)

MIDDLE = tuple(
    """
    Aker Alnes Aune Berg Birk Borg Brun Bø Dale Dybdahl Ek Elvestad Fjeld Flø Frøland Gran Grøn Hald Heggen Helle Holt
    Juul Kaas Krog Kroken Lauritz Lie Lien Lillebø Lund Løvås Mo Mæhle Næss Nord Prestvik Quale Ravn Rise Rud Røed
    Sande Selnes Skar Skjold Sletten Sol Storm Sund Tande Torp Trane Uri Vaage Vestby Vold Wang Øien Ørn Åmodt
    """.split()
)

STREETS = tuple(
    """
    Aspelia Bekkefaret Bergkollen Bjørkeveien Blåbærstien Bregneveien Brattbakken Eikeliveien Elvefaret Fagertunet
    Fjellveien Fururabben Granittveien Granåsen Gråspurvveien Hagegata Haraldsvei Hasselbakken Heggeveien Hestehagen
    Humleveien Høgdaveien Jernbanegata Kirkebakken Kløverenga Kornveien Kvernfaret Lerkeveien Liabakken Lyngstien
    Lønneveien Markveien Meieribakken Myrullveien Myrvollveien Nattergalveien Neslandsbakken Nordlysveien Orreveien
    Prestegårdsveien Rabbeveien Revestien Rognebærlia Ryllikveien Seljeveien Skogfaret Skolebakken Solsvingen
    Steinbråtan Stranda Sørliveien Tjernsrudveien Tyttebærstien Ugleveien Utsikten Vestliveien Vinkelveien Øvregata
    """.split()
)

TOWNS = (
    "0484 Oslo",
    "0671 Oslo",
    "1350 Lommedalen",
    "1387 Asker",
    "1410 Kolbotn",
    "1464 Fagerstrand",
    "1617 Fredrikstad",
    "2008 Fjerdingby",
    "2316 Hamar",
    "2615 Lillehammer",
    "3031 Drammen",
    "3124 Tønsberg",
    "3270 Larvik",
    "3717 Skien",
    "4016 Stavanger",
    "4635 Kristiansand",
    "5035 Bergen",
    "5515 Haugesund",
    "6019 Ålesund",
    "6413 Molde",
    "7036 Trondheim",
    "7725 Steinkjer",
    "8011 Bodø",
    "9020 Tromsdalen",
    "9514 Alta",
)

MAIL_HOSTS = ("example.no", "epost.example.no", "post.example.no")
